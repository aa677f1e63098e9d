#pragma once

#include <string>
#include <vector>

#include "azcni/net/netlink.h"
#include "azcni/network/endpoint.h"
#include "links.h"
#include "netns.h"

namespace azcni::network {

/// The next hop of everything a container sends: it has a /32 (or /128), so nothing is on its link.
struct Gateway {
  net::IpAddress address;
  net::MacAddress mac;
};

/// The part of it that is of one family.
Addressing of_family(const Addressing& addressing, net::Family family);

/// The interface within a container. Its socket is opened in the container's namespace, once, and
/// stays there, so that only this constructor enters it.
class ContainerSide {
 public:
  /// Throws Error(kSystem) if the interface is not there.
  ContainerSide(const NetNs& netns, const std::string& if_name);

  void bring_up();

  /// Until what is sent to the addresses arrives.
  void wait_until_usable(const Addressing& addressing);

  /// Container runtimes switch IPv6 off where they don't know of an address.
  void enable_ipv6(const NetNs& netns) const;

  /// The addresses alone, a route to the gateway on the link, and the other routes via the gateway,
  /// whose MAC address is never asked for. All of one family.
  void configure(const Addressing& addressing, const Gateway& gateway);

  /// No more than this goes out of the container.
  void set_tbf(const Rate& rate);

  /// What configure() made and is missing, in words; empty if all is there.
  std::vector<std::string> missing(const Addressing& addressing, const Gateway& gateway);

  const Link& link() const { return link_; }

 private:
  std::string if_name_;
  net::Netlink netlink_;
  Link link_;
};

/// Deletes the container's interface from within, if it is there with this MAC address.
void delete_from_within(const NetNs& netns, const std::string& if_name, const net::MacAddress& mac);

}  // namespace azcni::network
