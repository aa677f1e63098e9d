#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "azcni/network/backend.h"

/// The rtnetlink requests of this backend, one function each (man 7 rtnetlink). Every one works in
/// the namespace of the socket it is given, and throws Error(kSystem) with object and reason.
namespace azcni::network {

/// A link as the kernel calls it, and as people do.
struct LinkId {
  unsigned index = 0;
  std::string name = {};  ///< for messages; empty: unknown

  bool operator==(const LinkId& other) const { return index == other.index; }
};

std::string to_string(const LinkId& link);  ///< "eth0", or "link 7" where it has no name

struct Link : LinkId {
  net::MacAddress mac;
  unsigned mtu = 0;
  bool up = false;       ///< switched on
  bool oper_up = false;  ///< and the kernel has found its carrier: packets pass
  std::string kind;      ///< "bridge", "veth", …; empty for hardware
  unsigned master = 0;   ///< the bridge, bond, … that it is a port of; 0: of none
  std::uint32_t group = 0;
};

struct VethSpec {
  std::string host_if;
  net::MacAddress host_mac;
  std::string container_if;
  net::MacAddress container_mac;
  int container_netns;  ///< the peer is made there, under its final name
  unsigned mtu;
  unsigned bridge = 0;      ///< of which the host's end becomes a port; 0: of none
  std::uint32_t group = 0;  ///< of the host's end
};

/// Both MACs are in the creating message: udev's MACAddressPolicy leaves such links alone.
void create_veth(net::Netlink& netlink, const VethSpec& veth);
[[nodiscard]] std::optional<Link> find_link(net::Netlink& netlink, const std::string& name);
/// find_link that throws if there is none.
Link require_link(net::Netlink& netlink, const std::string& name);
/// The master of a network; throws Error(kNoMaster) if it is not there.
Link require_nic(net::Netlink& netlink, const NetworkSpec& spec);
void set_up(net::Netlink& netlink, const LinkId& link);
/// Waits until `is_so`, at most a second, then warns and goes on: what the kernel does on a work
/// queue soon after it was asked. Until then a container that was reported attached would lose its
/// first packets.
void poll_until(const std::string& what, const std::function<bool()>& is_so);
/// Waits until packets pass a link.
void wait_for_carrier(net::Netlink& netlink, const std::string& name);
net::NetlinkMessage delete_message(unsigned index);
/// False if it was gone.
bool delete_link(net::Netlink& netlink, const LinkId& link);

}  // namespace azcni::network
