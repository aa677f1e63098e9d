#include "namespace.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>

#include "azcni/base/error.h"
#include "sysctl.h"

namespace azcni::network {
namespace {

constexpr const char* kOwnNetNs = "/proc/self/ns/net";

bool is_namespace(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && status.f_type == NSFS_MAGIC;
}

bool is_own(int fd) {
  struct stat theirs {
  }, own{};
  return ::fstat(fd, &theirs) == 0 && ::stat(kOwnNetNs, &own) == 0 && theirs.st_ino == own.st_ino &&
         theirs.st_dev == own.st_dev;
}

/// A FIFO would wait for a writer otherwise.
UniqueFd open_path(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

Error invalid(const std::string& path, const std::string& why) {
  return {ErrorCode::kInvalidNetns, "CNI_NETNS: \"" + path + "\" " + why};
}

/// While it lives, the process's one thread is in that namespace. Aborts if it can't come back:
/// whatever followed would happen to the wrong host.
class ScopedNetNs {
 public:
  explicit ScopedNetNs(const NetNs& target) : own_(::open(kOwnNetNs, O_RDONLY | O_CLOEXEC)) {
    if (!own_) throw system_error(std::string("open ") + kOwnNetNs, errno);
    if (::setns(target.fd(), CLONE_NEWNET) != 0)
      throw system_error("enter the container's network namespace", errno);
  }
  ScopedNetNs(const ScopedNetNs&) = delete;
  ScopedNetNs& operator=(const ScopedNetNs&) = delete;
  ~ScopedNetNs() {
    if (::setns(own_.get(), CLONE_NEWNET) != 0) std::abort();
  }

 private:
  UniqueFd own_;
};

net::Netlink open_in(const NetNs& netns) {
  const ScopedNetNs inside(netns);
  return net::Netlink();
}

}  // namespace

NetNs NetNs::open(const std::string& path) {
  UniqueFd fd = open_path(path);
  if (!fd)
    throw invalid(path, "can't be opened: " + std::string(system_error("open", errno).what()));
  if (!is_namespace(fd.get())) throw invalid(path, "is no network namespace");
  // Works in the host itself would make it unreachable (libcni's skel refuses it too).
  if (is_own(fd.get())) throw invalid(path, "is the host's own network namespace");
  return NetNs(std::move(fd));
}

std::optional<NetNs> NetNs::find(const std::string& path) {
  UniqueFd fd = open_path(path);
  if (!fd || !is_namespace(fd.get()) || is_own(fd.get())) return std::nullopt;
  return NetNs(std::move(fd));
}

Namespace::Namespace(NetNs netns) : netns_(std::move(netns)), netlink_(open_in(*netns_)) {}

unsigned Namespace::index(const std::string& link) {
  const auto known = indexes_.find(link);
  if (known != indexes_.end()) return known->second;
  return indexes_[link] = require_link(netlink_, link).index;
}

std::string Namespace::read_sysctl(const std::string& name) const {
  if (!netns_) return sysctl::read(name);
  const ScopedNetNs inside(*netns_);
  return sysctl::read(name);
}

void Namespace::set_sysctl(const std::string& name, const std::string& value) const {
  if (!netns_) return sysctl::set(name, value);
  const ScopedNetNs inside(*netns_);
  sysctl::set(name, value);
}

}  // namespace azcni::network
