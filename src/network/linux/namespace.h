#pragma once

#include <map>
#include <optional>
#include <string>

#include "azcni/base/unique_fd.h"
#include "azcni/net/netlink.h"
#include "links.h"

namespace azcni::network {

/// A container's network namespace, held open.
class NetNs {
 public:
  /// Throws Error(kInvalidNetns) if the path is gone, is none, or is the plugin's own.
  [[nodiscard]] static NetNs open(const std::string& path);
  /// Nullopt in these cases: for DEL, where all of them mean that the container is gone.
  [[nodiscard]] static std::optional<NetNs> find(const std::string& path);

  int fd() const noexcept { return fd_.get(); }

 private:
  explicit NetNs(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// A network namespace as rtnetlink has it: one socket, which stays there wherever the thread goes,
/// and the indexes of links, each looked up once.
class Namespace {
 public:
  Namespace() = default;  ///< the caller's own
  explicit Namespace(NetNs netns);

  net::Netlink& netlink() { return netlink_; }
  int fd() const { return netns_->fd(); }  ///< of a container's
  [[nodiscard]] std::optional<Link> find(const std::string& link) {
    return find_link(netlink_, link);
  }
  /// Throws Error(kSystem) if there is no such link.
  unsigned index(const std::string& link);
  /// After a link was made or deleted: its name may stand for another index.
  void forget(const std::string& link) { indexes_.erase(link); }

  /// As sysctl::read and set, in this namespace.
  std::string read_sysctl(const std::string& name) const;
  void set_sysctl(const std::string& name, const std::string& value) const;

 private:
  std::optional<NetNs> netns_;
  net::Netlink netlink_;
  std::map<std::string, unsigned> indexes_;
};

}  // namespace azcni::network
