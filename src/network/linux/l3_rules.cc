#include "l3_rules.h"

#include <algorithm>

#include "azcni/base/error.h"
#include "azcni/net/azure.h"
#include "naming.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/rule.h"
#include "port_key.h"

namespace azcni::network::l3 {
namespace {

// Above each rule: what `nft list ruleset` shows of it, and in brackets what nft 1.0.6 leaves out,
// that a map has the key. Rules of IPv6 have ip6, and sets whose names end with 6. MARK stands for
// `meta mark set meta mark | 0x00002000`; KEY for `meta l4proto . th dport` of @ports4, and for
// `ip daddr . meta l4proto . th dport` of @ports_of_address4, whose dnat has no `meta nfproto`.

using net::Family;
using nft::Batch;
using nft::Field;
using nft::Rule;
using nft::Type;

/// After kube-proxy's chains (-100, 100): a port that a Service claims is the Service's.
constexpr std::int32_t kDestinationNat = -90;
constexpr std::int32_t kSourceNat = 110;
constexpr std::int32_t kBeforeConntrack = -300;
/// The packet's mark by which the portmap plugin, too, says "masquerade this one".
constexpr std::uint32_t kMasqueradeMark = 0x2000;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132;
const nft::Bytes kLoopback{127};
constexpr Field kFirstByteOfSource{Field::Base::kNetwork, 12, 1};
constexpr Field kFirstByteOfDestination{Field::Base::kNetwork, 16, 1};

/// The names and types of one address family.
struct Side {
  Family family;
  Type address;
  Field source;
  Field destination;
  std::string vnet, pods, ports, ports_of_address;
};

const Side kSide4{Family::kIpv4, Type::kIp4, nft::kIp4Source, nft::kIp4Destination,
                  "vnet4",       "pods4",    "ports4",        "ports_of_address4"};
const Side kSide6{Family::kIpv6, Type::kIp6, nft::kIp6Source, nft::kIp6Destination,
                  "vnet6",       "pods6",    "ports6",        "ports_of_address6"};

const Side& side_of(const net::IpAddress& address) { return address.is_ipv4() ? kSide4 : kSide6; }

nft::Table table_of(const std::string& network) {
  return {nft::Family::kInet, kTablePrefix + network};
}

bool is_routed(const NetworkSpec& network) { return network.mode == Mode::kTransparent; }

std::vector<net::Prefix> prefixes(std::initializer_list<const char*> texts) {
  std::vector<net::Prefix> all;
  for (const char* text : texts) all.push_back(net::parse_prefix(text).value());
  return all;
}

void add_sets(Batch& batch, const Side& side) {
  const nft::Types target{side.address, Type::kPort};
  batch.add_set({side.vnet, {side.address}, true})
      .add_map({side.pods, {side.address}, {Type::kMac}})
      .add_map({side.ports, {Type::kProtocol, Type::kPort}, target})
      .add_map({side.ports_of_address, {side.address, Type::kProtocol, Type::kPort}, target});
}

/// Ports of the host, those of one of its addresses first. A container's answer must come by the
/// host again. In modes bridge and tunnel only what the host itself sent makes it do so, so the
/// host's address stands for all callers there; else only for those on this host that would get
/// their answer past it, or from 127.0.0.1.
void add_port_rules(Batch& batch, const Side& side, const std::string& chain, bool routed) {
  const std::vector<std::pair<std::string, std::vector<Field>>> maps{
      {side.ports_of_address, {side.destination, nft::kL4Protocol, nft::kDestinationPort}},
      {side.ports, {nft::kL4Protocol, nft::kDestinationPort}}};
  const auto begin = [&] { return Rule().family(side.family).fib_daddr_local(true); };
  for (const auto& [map, key] : maps) {
    Rule mark = begin();
    // fib daddr type local ip saddr 127.0.0.0/8 [KEY @ports4] MARK
    if (routed && chain == "output") mark.equals(kFirstByteOfSource, kLoopback);
    // meta nfproto ipv4 fib daddr type local [ip saddr @pods4 KEY @ports4] MARK
    if (routed && chain != "output") mark.in_map({side.source}, side.pods);
    // else: meta nfproto ipv4 fib daddr type local [KEY @ports4] MARK
    if (!routed || chain != "output" || side.family == Family::kIpv4)
      batch.add_rule(chain, mark.in_map(key, map).set_mark(kMasqueradeMark));
    // meta nfproto ipv4 fib daddr type local dnat ip to KEY map @ports4
    batch.add_rule(chain, begin().dnat(side.family, key, map));
  }
}

void add_rules(Batch& batch, const NetworkSpec& network) {
  // With route_localnet, which a port of 127.0.0.1 needs, nobody else may send to 127.0.0.1.
  // iifname != "lo" ip daddr 127.0.0.0/8 drop
  batch.add_rule("guard", Rule()
                              .family(Family::kIpv4)
                              .not_in_interface("lo")
                              .equals(kFirstByteOfDestination, kLoopback)
                              .drop());
  // meta mark & 0x00002000 == 0x00002000 masquerade
  batch.add_rule("postrouting", Rule().has_mark(kMasqueradeMark).masquerade());
  for (const Side& side : {kSide4, kSide6}) {
    for (const char* chain : {"prerouting", "output"})
      add_port_rules(batch, side, chain, is_routed(network));
    if (network.mode == Mode::kTunnel) {
      // A Service whose backend is on this node: its answer goes to the fabric as all else, unless
      // the host asks. Others keep their address: by a NodePort, say.
      // meta nfproto ipv4 ct status dnat [ip saddr @pods4 ip daddr @pods4] masquerade
      batch.add_rule("postrouting", Rule()
                                        .family(side.family)
                                        .was_dnated()
                                        .in_map({side.source}, side.pods)
                                        .in_map({side.destination}, side.pods)
                                        .masquerade());
    }
    if (masquerade_exceptions(network, side.family).empty()) continue;
    // [ip saddr @pods4] ip daddr != @vnet4 fib daddr type != local masquerade
    batch.add_rule("postrouting", Rule()
                                      .family(side.family)
                                      .in_map({side.source}, side.pods)
                                      .is_not_in(side.destination, side.vnet)
                                      .fib_daddr_local(false)
                                      .masquerade());
  }
}

std::uint8_t protocol_number(const std::string& name) {
  if (name == "udp") return kUdp;
  return name == "sctp" ? kSctp : kTcp;
}

/// The whole table but for containers; what is there of it stays, rules are made anew.
void add_all(Batch& batch, const NetworkSpec& network) {
  batch.add_table();
  for (const Side& side : {kSide4, kSide6}) add_sets(batch, side);
  batch.add_chain("guard", nft::Hook::kPrerouting, kBeforeConntrack)
      .add_chain("prerouting", nft::Hook::kPrerouting, kDestinationNat, nft::ChainType::kNat)
      .add_chain("output", nft::Hook::kOutput, kDestinationNat, nft::ChainType::kNat)
      .add_chain("postrouting", nft::Hook::kPostrouting, kSourceNat, nft::ChainType::kNat)
      .flush_rules();
  for (const Side& side : {kSide4, kSide6})
    batch.flush_set(side.vnet).add_prefixes(side.vnet, masquerade_exceptions(network, side.family));
  add_rules(batch, network);
}

/// A port of the host in its map, and what it leads to.
struct PortElement {
  std::string map;
  PortKey key;
  nft::Bytes value;
};

std::vector<PortElement> elements_of(const std::vector<PortMapping>& ports,
                                     const net::IpAddress& container) {
  const Side& side = side_of(container);
  std::vector<PortElement> elements;
  for (const PortMapping& port : ports) {
    const auto address = net::parse_ip(port.host_ip);
    if (address && address->family() != container.family()) continue;
    const nft::Bytes value =
        nft::joined({nft::bytes_of(container), nft::bytes_of(port.container_port)});
    PortKey key{protocol_number(port.protocol), port.host_port};
    if (address && !address->is_unspecified()) key.address = address;
    elements.push_back({key.address ? side.ports_of_address : side.ports, key, value});
  }
  return elements;
}

/// Elements of containers that are gone give way; those of others are theirs.
void put_port(Batch& batch, net::Netlink& socket, const nft::Table& table,
              const PortElement& element, const Side& side, const net::IpAddress& self) {
  const nft::Bytes wanted = element.key.to_bytes();
  const auto pods = nft::list_elements(socket, table, side.pods);
  for (const auto& [key, value] : nft::list_elements(socket, table, element.map)) {
    if (key != wanted || value == element.value) continue;
    const nft::Bytes target(value.begin(), value.begin() + (self.bits() / 8));
    const bool is_alive =
        std::any_of(pods.begin(), pods.end(), [&](const auto& pod) { return pod.first == target; });
    if (is_alive && target != nft::bytes_of(self)) {
      throw Error(ErrorCode::kPortTaken,
                  "port " + std::to_string(element.key.port) + " of the host leads to " +
                      net::to_string(net::IpAddress(self.family(), target)) + " already",
                  "choose another hostPort, or delete that container first");
    }
    batch.delete_element(element.map, wanted);
  }
  batch.add_element(element.map, wanted, element.value);
}

}  // namespace

bool is_wanted(const NetworkSpec& network) {
  return network.routing.masquerade || network.routing.has_ports || network.mode == Mode::kTunnel;
}

std::vector<net::Prefix> masquerade_exceptions(const NetworkSpec& network, Family family) {
  if (!network.routing.masquerade) return {};
  const bool is4 = family == Family::kIpv4;
  std::vector<net::Prefix> all =
      is4 ? prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"})
          : prefixes({"fc00::/7"});
  if (!network.routing.vnet.empty()) {
    all.clear();
    for (const net::Prefix& prefix : network.routing.vnet) {
      if (prefix.address.family() == family) all.push_back(prefix);
    }
    if (all.empty()) return {};
  }
  if (is4) all.push_back(net::Prefix::single(net::azure::kWireserver));
  const auto always =
      is4 ? prefixes({"224.0.0.0/4", "255.255.255.255/32"}) : prefixes({"fe80::/10", "ff00::/8"});
  all.insert(all.end(), always.begin(), always.end());
  return all;
}

void install(net::Netlink& socket, const NetworkSpec& network) {
  Batch batch(table_of(network.name));
  add_all(batch, network);
  batch.commit(socket, "make it");
}

void probe(net::Netlink& socket) {
  NetworkSpec any;
  any.mode = Mode::kTunnel;
  any.routing.masquerade = true;
  Batch batch(table_of("probe of doctor"));
  add_all(batch, any);
  batch.delete_table().commit(socket, "probe what the kernel can do");
}

bool is_installed(net::Netlink& socket, const NetworkSpec& network) {
  Batch unused(table_of(network.name));
  add_rules(unused, network);
  return nft::count_rules(socket, table_of(network.name)) == unused.rule_count();
}

void remove(net::Netlink& socket, const std::string& network) {
  Batch(table_of(network)).add_table().delete_table().commit(socket, "remove it");
}

void add(net::Netlink& socket, const NetworkSpec& network, const EndpointSpec& endpoint,
         const std::vector<net::Prefix>& addresses, const std::vector<PortMapping>& ports) {
  const nft::Table table = table_of(network.name);
  const nft::Bytes mac = nft::bytes_of(endpoint.container_mac);
  Batch batch(table);
  std::vector<Family> served;
  for (const net::Prefix& prefix : addresses) {
    const Side& side = side_of(prefix.address);
    const nft::Bytes key = nft::bytes_of(prefix.address);
    for (const auto& [other, owner] : nft::list_elements(socket, table, side.pods)) {
      // Left by a container that is gone: its address was given to this one.
      if (other == key && owner != mac) batch.delete_element(side.pods, key);
    }
    batch.add_element(side.pods, key, mac);
    if (std::find(served.begin(), served.end(), side.family) != served.end()) continue;
    served.push_back(side.family);  // ports lead to the first address of a family
    for (const PortElement& element : elements_of(ports, prefix.address))
      put_port(batch, socket, table, element, side, prefix.address);
  }
  batch.commit(socket, "add container " + endpoint.id.container_id);
}

std::vector<net::IpAddress> forget(net::Netlink& socket, const std::vector<nft::Table>& tables,
                                   const net::MacAddress& container_mac) {
  std::vector<net::IpAddress> had_udp;
  const nft::Bytes mac = nft::bytes_of(container_mac);
  for (const nft::Table& table : tables) {
    if (table.family != nft::Family::kInet || table.name.rfind(kTablePrefix, 0) != 0) continue;
    Batch batch(table);
    bool found = false;
    for (const Side& side : {kSide4, kSide6}) {
      for (const auto& [address, owner] : nft::list_elements(socket, table, side.pods)) {
        if (owner != mac) continue;
        found = true;
        batch.delete_element(side.pods, address);
        for (const std::string& map : {side.ports, side.ports_of_address}) {
          for (const auto& [key, target] : nft::list_elements(socket, table, map)) {
            if (!std::equal(address.begin(), address.end(), target.begin())) continue;
            batch.delete_element(map, key);
            const auto port = PortKey::from_bytes(key);
            if (port && port->protocol == kUdp) had_udp.emplace_back(side.family, address);
          }
        }
      }
    }
    if (found) batch.commit(socket, "remove container " + net::to_string(container_mac));
  }
  return had_udp;
}

std::vector<std::string> missing(net::Netlink& socket, const NetworkSpec& network,
                                 const EndpointRecord& endpoint) {
  const nft::Table table = table_of(network.name);
  std::vector<std::string> missing;
  std::vector<Family> served;
  for (const net::Prefix& prefix : endpoint.addressing.addresses) {
    const Side& side = side_of(prefix.address);
    const auto pods = nft::list_elements(socket, table, side.pods);
    const std::pair<nft::Bytes, nft::Bytes> wanted{nft::bytes_of(prefix.address),
                                                   nft::bytes_of(endpoint.spec.container_mac)};
    if (std::find(pods.begin(), pods.end(), wanted) == pods.end())
      missing.push_back(net::to_string(prefix.address) + " in table " + to_string(table));
    if (std::find(served.begin(), served.end(), side.family) != served.end()) continue;
    served.push_back(side.family);
    for (const PortElement& port : elements_of(endpoint.ports, prefix.address)) {
      const auto known = nft::list_elements(socket, table, port.map);
      const std::pair element{port.key.to_bytes(), port.value};
      if (std::find(known.begin(), known.end(), element) == known.end())
        missing.push_back("port " + std::to_string(port.key.port) + " of the host");
    }
  }
  return missing;
}

}  // namespace azcni::network::l3
