#pragma once

#include <string>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/net/address.h"
#include "azcni/net/netlink.h"

namespace azcni::network {

/// What a host configured on one of its interfaces: addresses of both families, all routes that
/// lead through it and that the kernel does not make by itself, permanent neighbours. Kept as the
/// kernel tells it, so that nothing is lost that we have no name for (metrics, sources, tables,
/// lifetimes, …).
class HostConfig {
 public:
  using Bytes = std::vector<std::uint8_t>;
  struct Object {
    Bytes header;  ///< ifaddrmsg, rtmsg or ndmsg
    std::vector<std::pair<int, Bytes>> attributes;
  };

  static HostConfig read(net::Netlink& netlink, unsigned index);

  using Messages = std::vector<net::NetlinkMessage>;

  /// Requests that give `index` the addresses, so that they stand in the order they had, and the
  /// neighbours that were learned: while a NIC becomes a port or ceases to be one, it hears no
  /// answers.
  void append_addresses(Messages& messages, unsigned index) const;
  /// The same for routes, each after those that its gateway is reached by, and permanent
  /// neighbours.
  void append_routes(Messages& messages, unsigned index) const;
  /// Requests that take all of it from `index`, last things first.
  void append_removal(Messages& messages, unsigned index) const;

  /// Without the routes and neighbours to these addresses: containers', not the host's.
  HostConfig without(const std::vector<net::IpAddress>& containers) const;

  /// Without what the other has as well, on whichever interface.
  HostConfig without(const HostConfig& other) const;

  /// With leases that do not end: those of DHCP, which no client renews where it does not know the
  /// link. What the kernel has of router advertisements it renews itself.
  HostConfig endless() const;

  bool empty() const { return addresses_.empty() && routes_.empty(); }
  std::vector<net::IpAddress> addresses() const;

  /// For a record: a NIC can lose its configuration with a bridge that somebody deletes.
  Json to_json() const;
  /// Throws std::exception for anything else than what to_json() made.
  static HostConfig from_json(const Json& json);

 private:
  using Objects = std::vector<Object>;

  bool is_made_by_kernel(const Object& route) const;
  net::NetlinkMessage change(int type, int flags, const Object& object, unsigned index) const;
  /// What tells the object from others of its kind: the request that would delete it.
  Bytes key(int type, const Object& object) const;

  unsigned index_ = 0;  ///< of the interface that it was read from
  Objects addresses_;
  Objects routes_;
  Objects neighbours_;
  Objects learned_;  ///< neighbours as well; for the way, in no record
};

}  // namespace azcni::network
