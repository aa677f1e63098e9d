#pragma once

#include <map>
#include <optional>
#include <string>

#include "azcni/net/netlink.h"
#include "links.h"
#include "netns.h"

namespace azcni::network {

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
