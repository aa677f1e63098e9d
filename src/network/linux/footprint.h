#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/route_metrics.h"
#include "azcni/network/endpoint.h"
#include "nft/ruleset.h"

/// What an attachment, a network and a NIC consist of in the kernel: plain data, written once for
/// each mode (modes/) and made, removed, compared and printed by Kernel. `put(x); remove(x)` leaves
/// a namespace as before x.
///
///     const Footprint pod = footprint_of(network, endpoint);
///     for (const Object& each : pod.host) puts(to_string(each).c_str());
namespace azcni::network {

/// Whose an object is decides what removes it: a container's DEL, `network rm`, the `network rm` of
/// the NIC's last network, nothing (ip_forward is shared with the whole node).
enum class Level { kAttachment, kNetwork, kNic, kNode };

/// A pair of links; the peer is made in the container under its final name. The host's end is a
/// port of `bridge`, if that is named.
struct Veth {
  std::string link;
  net::MacAddress mac;  ///< tells whose link it is: the name may pass to another container
  unsigned mtu = 0;     ///< 0: not known, nor is the group: of a Go plugin
  std::uint32_t group = 0;
  std::string bridge;
  std::string peer;
  net::MacAddress peer_mac;
  bool strict = false;  ///< the kernel checks who sends, in IPv4: it has no nf_tables
  bool operator==(const Veth&) const = default;
};

/// The container's end, which Veth makes.
struct Peer {
  std::string link;
  net::MacAddress mac;
  bool operator==(const Peer&) const = default;
};

/// The container's lo, set up. From then on it is the container's own: it is never missing.
struct Loopback {
  bool operator==(const Loopback&) const = default;
};

struct LinkUp {
  std::string link;
  bool operator==(const LinkUp&) const = default;
};

struct BridgePort {
  std::string link;
  std::string bridge;
  bool hairpin = true;  ///< whether a frame may leave by the port that it came in on
  bool operator==(const BridgePort&) const = default;
};

/// Static: frames for the MAC address are never flooded. Sticky (Linux 4.20): a frame with it as
/// its source, from another port, does not move it there.
struct FdbEntry {
  std::string link;
  net::MacAddress mac;
  bool operator==(const FdbEntry&) const = default;
};

/// Without a route of the kernel's making, and in IPv6 without duplicate address detection: Azure
/// gave the address to this VM alone.
struct Address {
  std::string link;
  net::Prefix prefix;
  bool operator==(const Address&) const = default;
};

struct Route {
  std::string link;
  net::Prefix destination;
  std::optional<net::IpAddress> gateway = {};  ///< none: on the link
  net::RouteMetrics metrics = {};
  /// With the next free metric, if there is one to the same destination: a container's first
  /// interface wins.
  bool behind = false;
  bool operator==(const Route&) const = default;
};

/// What no other route of its table leads to is refused, and not looked up in further tables.
struct Unreachable {
  net::Family family;
  std::uint32_t table = 0;
  bool operator==(const Unreachable&) const = default;
};

/// Which table routes a packet (ip rule): by where it comes from and goes to, or by the mark that
/// its connection has. Empty conditions fit any.
struct PolicyRule {
  std::uint32_t priority = 0;
  std::uint32_t table = 0;
  net::Family family = net::Family::kIpv4;
  std::optional<net::Prefix> from = {};
  std::optional<net::Prefix> to = {};
  std::uint32_t mark = 0, mask = 0;                    ///< no mask: any
  std::optional<std::uint32_t> suppressed_group = {};  ///< routes by links of it don't count
  bool operator==(const PolicyRule&) const = default;
};

/// The NICs of the host that have an IPv4 address: so many, each of this group (0: of any). One
/// that somebody else gave a group keeps it. With another number of them, routing has to be looked
/// at again.
struct HostNics {
  std::size_t number = 1;
  std::uint32_t group = 0;
  bool operator==(const HostNics&) const = default;
};

/// Permanent: never asked for, never forgotten.
struct Neighbour {
  std::string link;
  net::IpAddress address;
  net::MacAddress mac;
  bool operator==(const Neighbour&) const = default;
};

/// A token bucket at the root of a link's queues.
struct Shaper {
  std::string link;
  Rate rate;
  bool operator==(const Shaper&) const = default;
};

/// What comes in by the link for 127.0.0.0/8 is dropped, whatever becomes of the rules: the host's
/// own connections by 127.0.0.1 to a container need route_localnet, which opens that to containers.
struct LoopbackFilter {
  std::string link;
  bool operator==(const LoopbackFilter&) const = default;
};

/// A parameter below net; its former value is not put back.
struct Sysctl {
  std::string name;  ///< "ipv4/ip_forward"
  std::string value;
  bool required = true;  ///< false: left as it is where /proc/sys is read-only
  bool operator==(const Sysctl&) const = default;
};

/// A port of the host that leads to a container.
struct HostPort {
  std::string protocol;
  std::uint16_t number = 0;
  net::IpAddress container;
  std::uint16_t container_port = 0;
  std::optional<net::IpAddress> address = {};  ///< of the host; none: all of them
  bool operator==(const HostPort&) const = default;
};

/// An attachment's element of a set or map. Another owner of the same key is gone, since its
/// address was given to this attachment; but a port may be another container's.
struct Element {
  nft::Table table;
  std::string set;
  nft::Bytes key;
  nft::Bytes value;
  std::string text;                   ///< "10.0.0.5 : ae:01:02:03:04:05"
  std::string owner;                  ///< its comment: see owner.h; older versions wrote none
  std::optional<HostPort> port = {};  ///< UDP flows to it begin anew when it is put or removed
  bool operator==(const Element&) const = default;
};

/// The NIC as containers use it: with this MTU, and as a port of the bridge that has the host's
/// addresses, if one is named. It is observed: how it moves there is uplink.h's business.
struct Uplink {
  std::string nic;
  unsigned mtu = 0;
  std::string bridge;
  bool operator==(const Uplink&) const = default;
};

/// What is forwarded from and to these links passes the forward chains of others in nf_tables
/// (docs/adr/0017, 0027).
struct ForeignAccept {
  std::string links;  ///< a name, or with `is_prefix` how names begin
  bool is_prefix = false;
  std::string network;  ///< the rules are tagged with it
  bool operator==(const ForeignAccept&) const = default;
};

/// The same in iptables-legacy, whose rules have no tag: networks with these links share it.
struct LegacyAccept {
  std::string links;
  bool is_prefix = false;
  bool operator==(const LegacyAccept&) const = default;
};

using Value = std::variant<Veth, Peer, Loopback, LinkUp, BridgePort, FdbEntry, Address, Route,
                           Unreachable, PolicyRule, HostNics, Neighbour, Shaper, LoopbackFilter,
                           Sysctl, Element, nft::Ruleset, Uplink, ForeignAccept, LegacyAccept>;

struct Object {
  Value value;
  Level level = Level::kAttachment;
  bool operator==(const Object&) const = default;
};

using Objects = std::vector<Object>;

/// In the order of making; between protocols Kernel has an order of its own.
struct Footprint {
  Objects host;
  Objects container;

  bool empty() const { return host.empty() && container.empty(); }
  Footprint& operator+=(const Footprint& more);
  bool operator==(const Footprint&) const = default;
};

/// What of `all` is not in `known`.
Footprint without(const Footprint& all, const Footprint& known);

/// The command that would make it: `ip route add 10.0.0.5/32 dev azv…`.
std::string to_string(const Object& object);

}  // namespace azcni::network
