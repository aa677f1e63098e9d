#include "bridge_table.h"

#include <linux/if_ether.h>

#include <algorithm>

#include "groups.h"
#include "guard.h"
#include "naming.h"
#include "nft/query.h"
#include "nft/side.h"

namespace azcni::network::bridge_table {
namespace {

using nft::Rule;
using nft::Ruleset;

constexpr std::int32_t kDestinationNat = -300;  ///< priorities of the bridge family
constexpr std::int32_t kSourceNat = 300;
constexpr const char* kContainers = "containers";  ///< what they send
constexpr const char* kOutward = "outward";        ///< what of that leaves the node
const nft::Bytes kArpReply{0, 2};
const nft::Bytes kGroupBit{1, 0, 0, 0, 0, 0};

using nft::Side;

std::uint16_t ethertype_of(const Side& side) {
  return side.family == net::Family::kIpv4 ? ETH_P_IP : ETH_P_IPV6;
}

void add_sets(Ruleset& table, const Side& side, const Facts& facts) {
  const nft::Set host{side.set("host"), {side.address}},
      via_host{side.set("via_host"), {side.address}, true},
      direct{side.set("direct"), {side.address}, true};
  table.maps.push_back({side.set("containers"), {side.address}, {nft::Type::kMac}});
  table.sets.insert(table.sets.end(), {host, via_host, direct});
  std::vector<net::Prefix> prefixes = side.of(facts.direct);
  if (prefixes.empty()) prefixes = {net::Prefix::everything(side.family)};
  table.contents.emplace_back(host, side.of(facts.host));
  table.contents.emplace_back(via_host, side.of(facts.via_host));
  table.contents.emplace_back(direct, prefixes);
}

/// From a container to the host, to what is routed by the host, to another container (in tunnel
/// mode that goes to the fabric, as all else does), or to where the host's address stands for it.
void add_ways(Ruleset& table, const net::MacAddress& mac) {
  const auto to_host = [&](Rule rule) {
    return rule.set(nft::kEtherDestination, nft::bytes_of(mac)).pkttype_host();
  };
  for (const Side& side : nft::kSides) {
    for (const char* set : {"via_host", "host"})
      table.rules.emplace_back(
          kContainers,
          to_host(Rule().protocol(ethertype_of(side)).is_in(side.destination, side.set(set))));
  }
  table.rules.emplace_back(kContainers,
                           Rule().in_group(groups::kTunnel, groups::kTunnel).go_to(kOutward));
  for (const Side& side : nft::kSides) {
    table.rules.emplace_back(
        kContainers,
        Rule()
            .protocol(ethertype_of(side))
            .set_from_map(nft::kEtherDestination, side.destination, side.set("containers"))
            .accept());
  }
  table.rules.emplace_back(kContainers, Rule().go_to(kOutward));
  table.inner_chains.emplace_back(kOutward);
  for (const Side& side : nft::kSides)
    table.rules.emplace_back(
        kOutward,
        to_host(
            Rule().protocol(ethertype_of(side)).is_not_in(side.destination, side.set("direct"))));
}

/// What is behind the ports of containers.
void add_container_rules(Ruleset& table, const Facts& facts) {
  table.rules.emplace_back("prerouting", Rule()
                                             .in_group(groups::of_nic(facts.number, false),
                                                       groups::kWhose & ~groups::kTunnel)
                                             .go_to(kContainers));
  guard::add_bridged(table, kContainers, facts.allowed);
  // A router advertisement of a container would turn host and containers to it.
  table.rules.emplace_back(kContainers,
                           Rule()
                               .protocol(ETH_P_IPV6)
                               .is_within(nft::kIp6Source, net::parse_prefix("fe80::/10").value())
                               .drop());
  add_ways(table, facts.mac);
}

/// From the fabric: all containers share the NIC's MAC address there, so their IP address decides.
void add_ingress_rules(Ruleset& table, const std::string& nic) {
  for (const Side& side : nft::kSides) {
    table.rules.emplace_back(
        "prerouting",
        Rule()
            .in_interface(nic)
            .protocol(ethertype_of(side))
            .set_from_map(nft::kEtherDestination, side.destination, side.set("containers"))
            .accept());
  }
  table.rules.emplace_back(
      "prerouting",
      Rule()
          .in_interface(nic)
          .protocol(ETH_P_ARP)
          .equals(nft::kArpOperation, kArpReply)
          .set_from_map(nft::kEtherDestination, nft::kArpTargetIp, nft::kSides[0].set("containers"))
          .accept());
}

/// To the fabric: it drops every frame, and every ARP message, whose source is not the NIC.
void add_egress_rules(Ruleset& table, const Facts& facts) {
  const nft::Bytes mac = nft::bytes_of(facts.mac);
  table.rules.emplace_back("postrouting", Rule().out_interface(facts.nic).protocol(ETH_P_ARP).set(
                                              nft::kArpSenderMac, mac));
  table.rules.emplace_back("postrouting", Rule()
                                              .out_interface(facts.nic)
                                              .matches(nft::kEtherSource, kGroupBit, nft::Bytes(6))
                                              .set(nft::kEtherSource, mac)
                                              .accept());
}

}  // namespace

nft::Table table_of(const std::string& nic) { return {nft::Family::kBridge, kTablePrefix + nic}; }

nft::Ruleset ruleset_of(const Facts& facts) {
  Ruleset table{table_of(facts.nic)};
  for (const Side& side : nft::kSides) add_sets(table, side, facts);
  table.chains = {{"prerouting", nft::Hook::kPrerouting, kDestinationNat},
                  {"postrouting", nft::Hook::kPostrouting, kSourceNat}};
  add_container_rules(table, facts);
  add_ingress_rules(table, facts.nic);
  add_egress_rules(table, facts);
  return table;
}

Element element_of(const std::string& nic, const net::IpAddress& address,
                   const net::MacAddress& container, const std::string& owner) {
  return {table_of(nic),
          nft::side_of(address).set("containers"),
          nft::bytes_of(address),
          nft::bytes_of(container),
          net::to_string(address) + " : " + net::to_string(container),
          owner};
}

std::vector<Entry> list(net::Netlink& socket, const std::string& nic) {
  std::vector<Entry> entries;
  for (const Side& side : nft::kSides) {
    for (const nft::Entry& each :
         nft::list_elements(socket, table_of(nic), side.set("containers"))) {
      Entry entry{{side.family, each.key}, {}, each.comment};
      std::copy_n(each.value.begin(), std::min(each.value.size(), entry.mac.bytes.size()),
                  entry.mac.bytes.begin());
      entries.push_back(entry);
    }
  }
  return entries;
}

std::vector<std::string> nics_of(const std::vector<nft::Table>& tables) {
  std::vector<std::string> nics;
  const std::string prefix = kTablePrefix;
  for (const nft::Table& table : tables) {
    if (table.family == nft::Family::kBridge && table.name.starts_with(prefix))
      nics.push_back(table.name.substr(prefix.size()));
  }
  return nics;
}

}  // namespace azcni::network::bridge_table
