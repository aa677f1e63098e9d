#include "netns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>

#include "azcni/base/error.h"

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

Error invalid(const std::string& path, const std::string& why) {
  return {ErrorCode::kInvalidNetns, "CNI_NETNS: \"" + path + "\" " + why};
}

}  // namespace

NetNs NetNs::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    throw invalid(path, "can't be opened: " + std::string(system_error("open", errno).what()));
  if (!is_namespace(fd.get())) throw invalid(path, "is no network namespace");
  // Works in the host itself would make it unreachable (libcni's skel refuses it too).
  if (is_own(fd.get())) throw invalid(path, "is the host's own network namespace");
  return NetNs(std::move(fd));
}

std::optional<NetNs> NetNs::find(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || !is_namespace(fd.get()) || is_own(fd.get())) return std::nullopt;
  return NetNs(std::move(fd));
}

NetNs NetNs::own() {
  UniqueFd fd(::open(kOwnNetNs, O_RDONLY | O_CLOEXEC));
  if (!fd) throw system_error(std::string("open ") + kOwnNetNs, errno);
  return NetNs(std::move(fd));
}

ScopedNetNs::ScopedNetNs(const NetNs& target) : own_(NetNs::own()) {
  if (::setns(target.fd(), CLONE_NEWNET) != 0)
    throw system_error("enter the container's network namespace", errno);
}

ScopedNetNs::~ScopedNetNs() {
  if (::setns(own_.fd(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace azcni::network
