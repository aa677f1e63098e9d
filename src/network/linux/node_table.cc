#include "node_table.h"

#include "nft/side.h"

namespace azcni::network::node_table {
namespace {

using nft::Field;
using nft::Rule;
using nft::Ruleset;
using nft::Side;
using nft::Type;

/// After kube-proxy's chains (-100, 100): a port that a Service claims is the Service's.
constexpr std::int32_t kDestinationNat = -90;
constexpr std::int32_t kSourceNat = 110;
constexpr std::int32_t kBeforeConntrack = -300;
constexpr std::uint8_t kProtocols[] = {6, 17, 132};

void add_sets(Ruleset& table, const Side& side) {
  const nft::Types target{side.address, Type::kPort};
  table.maps.insert(
      table.maps.end(),
      {{side.set("ports"), {Type::kProtocol, Type::kPort}, target},
       {side.set("ports_of_address"), {side.address, Type::kProtocol, Type::kPort}, target}});
  table.sets.insert(table.sets.end(),
                    {{side.set("hairpin"), {side.address, side.address}},
                     {side.set("masqueraded"), {side.address, Type::kProtocol, Type::kPort}}});
}

/// What is for the host goes to a container; a port of one of its addresses first.
void add_port_rules(Ruleset& table, const Side& side, const std::string& chain) {
  const auto begin = [] { return Rule().fib_daddr_local(true); };
  table.rules.emplace_back(
      chain, begin()
                 .family(side.family)
                 .dnat(side.family, {side.destination, nft::kL4Protocol, nft::kDestinationPort},
                       side.set("ports_of_address")));
  table.rules.emplace_back(
      chain,
      begin().dnat(side.family, {nft::kL4Protocol, nft::kDestinationPort}, side.set("ports")));
}

/// Whom a container would answer past the host: itself, and where its answers leave by a bridge,
/// whoever came by a port of ours. What others translated keeps its source.
void add_masquerading(Ruleset& table, const Side& side) {
  const auto begin = [] { return Rule().was_dnated(); };
  table.rules.emplace_back("postrouting",
                           begin()
                               .family(side.family)
                               .is_in({side.source, side.destination}, side.set("hairpin"))
                               .masquerade());
  for (const std::uint8_t protocol : kProtocols) {
    // `nft` knows the type of a connection's port by the protocol alone.
    table.rules.emplace_back("postrouting",
                             begin()
                                 .transport(protocol)
                                 .family(side.family)
                                 .is_in({side.destination, nft::kL4Protocol, nft::kOriginalPort},
                                        side.set("masqueraded"))
                                 .masquerade());
  }
}

}  // namespace

nft::Table table() { return {nft::Family::kInet, "azure_vnet"}; }

nft::Ruleset ruleset() {
  const net::Prefix loopback4 = net::parse_prefix("127.0.0.0/8").value();
  const net::IpAddress loopback6 = net::parse_ip("::1").value();
  Ruleset node{table()};
  node.chains = {{"guard", nft::Hook::kPrerouting, kBeforeConntrack},
                 {"prerouting", nft::Hook::kPrerouting, kDestinationNat, nft::ChainType::kNat},
                 {"output", nft::Hook::kOutput, kDestinationNat, nft::ChainType::kNat},
                 {"postrouting", nft::Hook::kPostrouting, kSourceNat, nft::ChainType::kNat}};
  // With route_localnet, which a port of 127.0.0.1 needs, nobody else may send to 127.0.0.1.
  node.rules.emplace_back("guard", Rule()
                                       .not_in_interface("lo")
                                       .family(net::Family::kIpv4)
                                       .is_within(nft::kIp4Destination, loopback4)
                                       .drop());
  // IPv6 has no route_localnet: no answer to ::1 can come from a container.
  node.rules.emplace_back("output", Rule()
                                        .family(net::Family::kIpv6)
                                        .equals(nft::kIp6Destination, nft::bytes_of(loopback6))
                                        .accept());
  node.rules.emplace_back("postrouting", Rule()
                                             .was_dnated()
                                             .family(net::Family::kIpv4)
                                             .is_within(nft::kIp4Source, loopback4)
                                             .masquerade());
  for (const Side& side : nft::kSides) {
    add_sets(node, side);
    for (const char* chain : {"prerouting", "output"}) add_port_rules(node, side, chain);
    add_masquerading(node, side);
  }
  return node;
}

}  // namespace azcni::network::node_table
