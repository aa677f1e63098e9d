#include "nic_routing.h"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "azcni/net/azure.h"
#include "groups.h"
#include "nft/side.h"

namespace azcni::network::nic_routing {
namespace {

using nft::Rule;
using nft::Side;

/// Before the rules of cloud-init and of administrators for addresses of the host (32764 and up),
/// behind those of VPNs and of network policies (Tailscale 5270, Cilium 9 to 110).
constexpr std::uint32_t kOfMarks = 29990, kOfAddresses = 29994, kOfSubnets = 30000;
/// Numbers of tables: above those that people give.
constexpr std::uint32_t kTables = 0x617a0000;
/// Connections are known, and their destinations not translated yet.
constexpr std::int32_t kMangle = -150;

/// The same whenever the NIC is taken away and comes back.
std::uint32_t table_of(const HostNic& nic) {
  return kTables | (nic.mac.bytes[4] & 0x7fU) << 8 | nic.mac.bytes[5];
}

std::uint32_t mark_of(const HostNic& nic) { return (nic.index % 15 + 1) << 8; }

std::string link_of(const NicRecord& nic) { return nic.bridge.empty() ? nic.name : nic.bridge; }

const HostNic* find(const NicRecord& nic) {
  const auto found = std::find_if(nic.host_nics.begin(), nic.host_nics.end(),
                                  [&](const HostNic& each) { return each.link == link_of(nic); });
  return found == nic.host_nics.end() ? nullptr : &*found;
}

bool is_wide(const net::Prefix& prefix) { return prefix.length < prefix.address.bits(); }

void add_networks(std::vector<net::Prefix>& all, const std::vector<net::Prefix>& more) {
  for (const net::Prefix& each : more) {
    const net::Prefix network = each.network();
    if (is_wide(each) && std::find(all.begin(), all.end(), network) == all.end())
      all.push_back(network);
  }
}

/// Those that the host has addresses in, and of the record's own NIC those of its containers.
std::vector<net::Prefix> subnets_of(const HostNic& each, const NicRecord& nic, const Side& side) {
  std::vector<net::Prefix> all;
  add_networks(all, side.of(each.addresses));
  if (each.link == link_of(nic)) add_networks(all, side.of(nic.subnets));
  return all;
}

/// The router of IPv6 is the same in every subnet.
std::optional<net::IpAddress> gateway_of(const HostNic& each, const NicRecord& nic,
                                         const Side& side) {
  if (side.family == net::Family::kIpv6) return net::azure::kRouterLinkLocal;
  const auto subnets = subnets_of(each, nic, side);
  if (subnets.empty()) return std::nullopt;
  return net::azure::gateway_of(subnets.front());
}

void add(Objects& objects, Value value) { objects.push_back({std::move(value), Level::kNic}); }

/// All that is looked up in its table leaves by the NIC, or not at all.
void add_table(Objects& objects, const HostNic& each, const NicRecord& nic, const Side& side) {
  const auto gateway = gateway_of(each, nic, side);
  if (!gateway) return;
  add(objects,
      Route{each.link, net::Prefix::everything(side.family), gateway, {.table = table_of(each)}});
  add(objects, Unreachable{side.family, table_of(each)});
  // The host would ask with an address of another NIC, which the fabric does not answer.
  if (gateway->is_ipv4() && side.of(each.addresses).empty())
    add(objects, Neighbour{each.link, *gateway, net::azure::kRouterMac});
  add(objects, PolicyRule{.priority = kOfMarks,
                          .table = table_of(each),
                          .family = side.family,
                          .mark = mark_of(each),
                          .mask = kMarkBits});
}

/// Main's routes to containers, to VPNs and to bridges of others come first.
void add_rules(Objects& objects, PolicyRule rule, std::uint32_t table, Level level) {
  rule.table = RT_TABLE_MAIN;
  rule.suppressed_group = groups::kNics;
  objects.push_back({rule, level});
  rule.priority += 1;
  rule.table = table;
  rule.suppressed_group.reset();
  objects.push_back({rule, level});
}

/// For containers that send by the host's routing.
void add_rules_of_subnets(Objects& objects, const HostNic& own, const NicRecord& nic,
                          const Side& side) {
  for (const net::Prefix& subnet : subnets_of(own, nic, side)) {
    PolicyRule rule{.priority = kOfSubnets, .family = side.family, .from = subnet};
    if (!own.is_default) {
      add_rules(objects, rule, table_of(own), Level::kNic);
      continue;
    }
    for (const HostNic& other : nic.host_nics) {
      if (other == own) continue;
      for (const net::Prefix& to : subnets_of(other, nic, side)) {
        rule.to = to;
        if (to != subnet) add_rules(objects, rule, table_of(own), Level::kNic);
      }
    }
  }
}

/// A connection is answered by the NIC that it came in by, whatever its container's is.
nft::Ruleset marks_of(const NicRecord& nic) {
  nft::Ruleset table{{nft::Family::kInet, "azure_vnet.nics"}};
  table.chains = {{"prerouting", nft::Hook::kPrerouting, kMangle}};
  for (const HostNic& each : nic.host_nics)
    table.rules.emplace_back(
        "prerouting",
        Rule().in_interface(each.link).is_new().fib_daddr_local(true).set_connection_mark(
            mark_of(each), kMarkBits));
  for (const HostNic& each : nic.host_nics)
    table.rules.emplace_back("prerouting", Rule()
                                               .is_reply()
                                               .connection_mark(mark_of(each), kMarkBits)
                                               .set_mark(mark_of(each), kMarkBits));
  return table;
}

}  // namespace

Objects objects_of(const NicRecord& nic) {
  Objects objects;
  if (nic.host_nics.empty()) return {{HostNics{}, Level::kNic}};
  const auto with_address =
      std::count_if(nic.host_nics.begin(), nic.host_nics.end(),
                    [](const HostNic& each) { return !nft::kSides[0].of(each.addresses).empty(); });
  add(objects, LinkUp{nic.name});
  add(objects, HostNics{static_cast<std::size_t>(with_address), groups::kNics});
  for (const Side& side : nft::kSides) {
    for (const HostNic& each : nic.host_nics) add_table(objects, each, nic, side);
    const HostNic* const own = find(nic);
    if (own != nullptr && nic.bridge.empty() && nic.table == 0)
      add_rules_of_subnets(objects, *own, nic, side);
  }
  if (nic.has_nf_tables) add(objects, marks_of(nic));
  return objects;
}

Objects objects_of(const EndpointRecord& endpoint) {
  Objects objects;
  const std::uint32_t table = endpoint.placement.table;
  if (table == 0) return objects;
  for (const net::Prefix& each : endpoint.addressing.addresses) {
    add_rules(objects,
              {.priority = kOfAddresses,
               .family = each.address.family(),
               .from = net::Prefix::single(each.address)},
              table, Level::kAttachment);
  }
  return objects;
}

std::uint32_t table_of_addresses(const NicRecord& nic) {
  const HostNic* const own = find(nic);
  if (own == nullptr || own->is_default) return 0;
  for (const Side& side : nft::kSides) {
    for (const net::Prefix& subnet : subnets_of(*own, nic, side)) {
      const auto is_in = [&](const net::Prefix& each) { return subnet.contains(each.address); };
      for (const HostNic& other : nic.host_nics) {
        if (other != *own && std::any_of(other.addresses.begin(), other.addresses.end(), is_in))
          return table_of(*own);
      }
    }
  }
  return 0;
}

bool has_ipv4(const NicRecord& nic) {
  const HostNic* const own = find(nic);
  return own == nullptr || !nft::kSides[0].of(own->addresses).empty();
}

}  // namespace azcni::network::nic_routing
