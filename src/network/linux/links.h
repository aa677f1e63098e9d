#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"

/// The rtnetlink requests of this backend, one function each (man 7 rtnetlink). Every one works in
/// the namespace of the socket it is given, and throws Error(kSystem) with object and reason.
namespace azcni::network {

struct Link {
  unsigned index = 0;
  std::string name;
  net::MacAddress mac;
  unsigned mtu = 0;
  bool up = false;          ///< switched on
  bool oper_up = false;     ///< and the kernel has found its carrier: packets pass
  std::string kind;         ///< "bridge", "veth", …; empty for hardware
  unsigned master = 0;      ///< the bridge, bond, … that it is a port of; 0: of none
  bool hairpin = false;     ///< of a bridge's port: a frame may leave by the port it came in on
  bool forwarding = false;  ///< of a bridge's port: frames pass, some time after the carrier
  std::uint32_t group = 0;
  std::optional<std::int32_t> accept_ra = {};  ///< none: the kernel has no IPv6
};

[[nodiscard]] std::optional<Link> find_link(net::Netlink& netlink, const std::string& name);
/// All of them: a dump, of which each link costs as much as find_link.
std::vector<Link> list_links(net::Netlink& netlink);
/// Empty if there is none.
std::string link_name(unsigned index);
/// find_link that throws if there is none.
Link require_link(net::Netlink& netlink, const std::string& name);
/// The master of a network; throws Error(kNoMaster) if it is not there.
Link require_nic(net::Netlink& netlink, const std::string& nic, const std::string& network);

/// A request about a link.
net::NetlinkMessage link_message(int type, unsigned index);
net::NetlinkMessage up_message(unsigned index);
/// The request that makes a link a port of a bridge; master 0: of none.
net::NetlinkMessage master_message(unsigned index, unsigned master);
/// False if it was gone.
bool delete_link(net::Netlink& netlink, const Link& link);

/// Group of the bridges that we make (ip link set group). The message that creates one has it, so
/// that it is known for ours even if we are killed before anything is on record.
inline constexpr std::uint32_t kBridgeGroup = 0x617b0000;
/// A bridge that forwards at once (no spanning tree) and keeps the MAC address it is given: without
/// one it takes that of its lowest port, and changes the host's when a container joins.
void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu);
/// Gives one that was made for us that group.
void claim_bridge(net::Netlink& netlink, const Link& bridge);

/// Waits until `is_so`, at most a second, then warns and goes on: what the kernel does on a work
/// queue soon after it was asked. Until then a container that was reported attached would lose its
/// first packets.
void poll_until(const std::string& what, const std::function<bool()>& is_so);

}  // namespace azcni::network
