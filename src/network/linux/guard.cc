#include "guard.h"

#include <linux/if_ether.h>

#include <algorithm>

#include "azcni/net/azure.h"
#include "bridge_table.h"
#include "groups.h"
#include "nft/query.h"
#include "nft/side.h"
#include "node_table.h"
#include "owner.h"

namespace azcni::network::guard {
namespace {

using nft::Bytes;
using nft::Field;
using nft::Rule;
using nft::Ruleset;
using nft::Side;
using nft::Type;

constexpr const char* kContainers = "containers";
constexpr const char* kGuarded = "guarded";
constexpr const char* kNeighbours = "neighbours";
constexpr const char* kStrangers = "strangers";
constexpr const char* kSenders = "senders";
constexpr const char* kRouters = "routers";
constexpr const char* kAllowed = "allowed";
/// Where the wireserver tells the VM's secrets; its DNS is for everybody.
constexpr std::uint16_t kClosedPorts[] = {80, 32526};
constexpr std::uint16_t kUnseen[] = {ETH_P_ARP, ETH_P_8021Q, ETH_P_8021AD};
constexpr std::uint8_t kRouterSolicitation = 133;
const net::Prefix kLinkLocal = net::parse_prefix("fe80::/10").value();
const Bytes kUnspecified4(4), kUnspecified6(16);
const std::vector<Field> kSender{nft::kInName, nft::kEtherSource};

/// Within the table's family: a packet of IP of this version.
Rule packet_of(const Ruleset& table, net::Family family, Rule rule = {}) {
  if (table.table.family == nft::Family::kInet) return rule.family(family);
  return rule.protocol(family == net::Family::kIpv4 ? ETH_P_IP : ETH_P_IPV6);
}

Rule if_guarded() { return Rule().in_group(groups::kGuarded, groups::kGuarded); }

/// Of all containers, guarded or not.
void add_closed_services(Ruleset& table, const std::string& containers) {
  const auto to = [&](const net::IpAddress& address) {
    return packet_of(table, net::Family::kIpv4)
        .equals(nft::kIp4Destination, nft::bytes_of(address));
  };
  table.counters = {kSpoofed, kWireserver, kMetadata};
  table.inner_chains.insert(table.inner_chains.end(), {kWireserver, containers});
  for (const std::uint16_t port : kClosedPorts)
    table.rules.emplace_back(kWireserver, Rule().to_tcp_port(port).count(kWireserver).drop());
  table.rules.emplace_back(containers, to(net::azure::kWireserver).jump(kWireserver));
  table.rules.emplace_back(containers,
                           to(net::azure::kInstanceMetadata)
                               .in_group(groups::kWithoutMetadata, groups::kWithoutMetadata)
                               .count(kMetadata)
                               .drop());
}

bool is_single(const net::Prefix& prefix) { return prefix.length == prefix.address.bits(); }

/// What bridge and NIC learn from a frame is true, and so is what others learn from its ARP.
void add_senders(Ruleset& table, const std::vector<net::Prefix>& allowed) {
  const auto add = [&](const Rule& rule) { table.rules.emplace_back(kGuarded, rule); };
  table.sets.insert(table.sets.end(), {{kSenders, {Type::kIfName, Type::kMac}},
                                       {kRouters, {Type::kIfName, Type::kMac}}});
  for (const Side& side : nft::kSides) {
    const nft::Set networks{side.set(kAllowed), {side.address}, true};
    table.sets.insert(table.sets.end(),
                      {networks, {side.set(kSenders), {Type::kIfName, Type::kMac, side.address}}});
    table.contents.emplace_back(networks, side.of(allowed));
    if (side.family == net::Family::kIpv6)
      add(packet_of(table, side.family).neighbour_discovery().go_to(kNeighbours));
    add(packet_of(table, side.family)
            .is_in({nft::kInName, nft::kEtherSource, side.source}, side.set(kSenders))
            .back());
  }
  for (const Side& side : nft::kSides) {
    add(packet_of(table, side.family, Rule().is_in(kSender, kRouters))
            .is_in(side.source, side.set(kAllowed))
            .back());
    add(Rule()
            .frame_of(side.family == net::Family::kIpv4 ? ETH_P_IP : ETH_P_IPV6)
            .go_to(kStrangers));
  }
  add(Rule()
          .protocol(ETH_P_ARP)
          .is_in({nft::kInName, nft::kArpSenderMac, nft::kArpSenderIp}, "senders4")
          .is_in(kSender, kSenders)
          .back());
  // What is below a second tag was not looked at.
  for (const std::uint16_t each : kUnseen) add(Rule().frame_of(each).count(kSpoofed).drop());
  add(Rule().is_in(kSender, kSenders).back());
  add(Rule().count(kSpoofed).drop());
}

/// Where no neighbour discovery is let pass: what kernels send when a link comes up is no news.
void add_silent_neighbours(Ruleset& table) {
  const auto add = [&](const Rule& rule) { table.rules.emplace_back(kNeighbours, rule); };
  const auto begin = [&] { return packet_of(table, net::Family::kIpv6); };
  add(begin().equals(nft::kIp6Source, kUnspecified6).drop());
  add(begin().is_within(nft::kIp6Source, kLinkLocal).icmp6_type(kRouterSolicitation).drop());
  add(Rule().count(kSpoofed).drop());
}

/// Neighbour discovery: to the fabric alone, which may ask; hosts and containers would believe it.
void add_neighbours(Ruleset& table) {
  const auto begin = [&] { return packet_of(table, net::Family::kIpv6); };
  const auto add = [&](const Rule& rule) { table.rules.emplace_back(kNeighbours, rule); };
  add(begin()
          .is_in({nft::kInName, nft::kEtherSource, nft::kIp6Source}, "senders6")
          .equals(nft::kEtherDestination, nft::bytes_of(net::azure::kRouterMac))
          .accept());
  add_silent_neighbours(table);
}

/// Kernels send by themselves when a link comes up, and look for a DHCP server: that is no news.
void add_strangers(Ruleset& table) {
  const auto add = [&](const Rule& rule) { table.rules.emplace_back(kStrangers, rule); };
  add(packet_of(table, net::Family::kIpv6).is_within(nft::kIp6Source, kLinkLocal).drop());
  add(packet_of(table, net::Family::kIpv6).equals(nft::kIp6Source, kUnspecified6).drop());
  add(packet_of(table, net::Family::kIpv4).equals(nft::kIp4Source, kUnspecified4).drop());
  add(Rule().count(kSpoofed).drop());
}

}  // namespace

void add_bridged(Ruleset& table, const std::string& containers,
                 const std::vector<net::Prefix>& allowed) {
  add_closed_services(table, containers);
  table.inner_chains.insert(table.inner_chains.end(), {kGuarded, kNeighbours, kStrangers});
  table.rules.emplace_back(containers, if_guarded().jump(kGuarded));
  add_senders(table, allowed);
  add_neighbours(table);
  add_strangers(table);
}

void add_routed(Ruleset& table, const std::string& prerouting) {
  table.rules.emplace_back(
      prerouting, Rule().in_group(groups::kTransparent, groups::kWhose).go_to(kContainers));
  add_closed_services(table, kContainers);
  table.inner_chains.insert(table.inner_chains.end(), {kGuarded, kNeighbours});
  table.rules.emplace_back(kContainers, if_guarded().jump(kGuarded));
  const auto packet6 = [&] { return packet_of(table, net::Family::kIpv6); };
  const auto add = [&](const Rule& rule) { table.rules.emplace_back(kGuarded, rule); };
  // The host knows them by permanent entries, and believes no router behind them.
  add(packet6().neighbour_discovery().go_to(kNeighbours));
  add(packet6().is_within(nft::kIp6Source, kLinkLocal).drop());
  add(packet6().equals(nft::kIp6Source, kUnspecified6).drop());
  add(Rule().fib_source_missing().count(kSpoofed).drop());
  add_silent_neighbours(table);
}

Ruleset arp_ruleset() {
  Ruleset arp{{nft::Family::kArp, node_table::table().name}};
  arp.counters = {kSpoofed};
  arp.chains = {{"input", nft::Hook::kPrerouting, 0}};
  constexpr std::uint32_t kTransparent = groups::kTransparent | groups::kGuarded;
  arp.rules.emplace_back(
      "input", Rule().in_group(kTransparent, ~groups::kWithoutMetadata).count(kSpoofed).drop());
  return arp;
}

Objects elements_of(const EndpointRecord& endpoint, const Guard& guard) {
  const auto element = [&](const std::string& set, const std::optional<net::IpAddress>& address) {
    const EndpointSpec& it = endpoint.spec;
    std::vector<Bytes> key{nft::name_bytes(it.host_if), nft::bytes_of(it.container_mac)};
    if (address) key.push_back(nft::bytes_of(*address));
    return Object{Element{bridge_table::table_of(endpoint.placement.nic),
                          set,
                          nft::joined(key),
                          {},
                          "\"" + it.host_if + "\" . " + net::to_string(it.container_mac) +
                              (address ? " . " + net::to_string(*address) : std::string()),
                          owner_of(it.id)}};
  };
  Objects objects{element(kSenders, std::nullopt)};
  std::vector<net::IpAddress> sources;
  for (const net::Prefix& each : endpoint.addressing.addresses) sources.push_back(each.address);
  bool is_router = false;
  for (const net::Prefix& each : guard.allowed) {
    if (is_single(each)) sources.push_back(each.address);
    is_router = is_router || !is_single(each);
  }
  for (const net::IpAddress& each : sources)
    objects.push_back(element(nft::side_of(each).set(kSenders), each));
  if (is_router) objects.push_back(element(kRouters, std::nullopt));
  return objects;
}

std::vector<Dropped> dropped(net::Netlink& socket) {
  std::vector<Dropped> all;
  for (const nft::Table& table : nft::list_tables(socket)) {
    if (!table.name.starts_with(node_table::table().name)) continue;
    for (const auto& [why, packets] : nft::read_counters(socket, table))
      all.push_back({to_string(table), why, packets});
  }
  return all;
}

}  // namespace azcni::network::guard
