#include "node_table.h"

#include "guard.h"
#include "nft/query.h"
#include "nft/side.h"
#include "owner.h"
#include "port_key.h"

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

/// What is for the host is led to a container; a port of one of its addresses first.
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

PortKey key_of(const HostPort& port) {
  return {nft::protocol_number(port.protocol).value_or(0), port.number, port.address};
}

/// What nf_tables knows the container by.
Element element_of(const net::IpAddress& container, const std::string& stem, const nft::Bytes& rest,
                   const std::string& text, const std::string& owner) {
  return {table(),
          nft::side_of(container).set(stem),
          nft::joined({nft::bytes_of(container), rest}),
          {},
          net::to_string(container) + " . " + text,
          owner};
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
  // A port of 127.0.0.1 needs route_localnet, which would let others send to 127.0.0.1.
  node.rules.emplace_back("guard", Rule()
                                       .not_in_interface("lo")
                                       .family(net::Family::kIpv4)
                                       .is_within(nft::kIp4Destination, loopback4)
                                       .drop());
  guard::add_routed(node, "guard");
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

Element element_of(const HostPort& port, const std::string& owner) {
  const net::IpAddress& to = port.container;
  const std::string text = (port.address ? net::to_string(*port.address) + " . " : std::string()) +
                           port.protocol + " . " + std::to_string(port.number) + " : " +
                           net::to_string(to) + " . " + std::to_string(port.container_port);
  return {table(),
          nft::side_of(to).set(port.address ? "ports_of_address" : "ports"),
          key_of(port).to_bytes(),
          nft::joined({nft::bytes_of(to), nft::bytes_of(port.container_port)}),
          text,
          owner,
          port};
}

Objects elements_of(const EndpointRecord& endpoint) {
  const std::string owner = owner_of(endpoint.spec.id);
  Objects elements;
  for (const Side& side : nft::kSides) {
    const auto addresses = side.of(endpoint.addressing.addresses);
    if (addresses.empty() || endpoint.options.ports.empty()) continue;
    const net::IpAddress& container = addresses.front().address;
    elements.push_back({element_of(container, "hairpin", nft::bytes_of(container),
                                   net::to_string(container), owner)});
    for (const PortMapping& each : endpoint.options.ports) {
      auto host = net::parse_ip(each.host_ip);
      if (host && host->family() != side.family) continue;
      if (host && host->is_unspecified()) host.reset();
      const HostPort port{each.protocol, each.host_port, container, each.container_port, host};
      elements.push_back({element_of(port, owner)});
      if (endpoint.placement.bridge.empty()) continue;
      const PortKey of_all{key_of(port).protocol, port.number};
      elements.push_back({element_of(container, "masqueraded", of_all.to_bytes(),
                                     port.protocol + " . " + std::to_string(port.number), owner)});
    }
  }
  return elements;
}

std::vector<Element> find_port(net::Netlink& nft, const HostPort& port) {
  const Side& side = nft::side_of(port.container);
  std::vector<Element> found;
  const auto take = [&](const std::string& set, const nft::Entry& entry) {
    found.push_back({table(), set, entry.key, entry.value, {}, entry.comment});
  };
  const auto look = [&](const HostPort& wanted) {
    const Element element = element_of(wanted, {});
    if (const auto entry = nft::find_element(nft, table(), element.set, element.key))
      take(element.set, *entry);
  };
  look(port);
  HostPort of_all = port;
  of_all.address.reset();
  if (port.address) {
    look(of_all);
    return found;
  }
  const std::string of_one = side.set("ports_of_address");
  for (const nft::Entry& each : nft::list_elements(nft, table(), of_one)) {
    auto key = PortKey::from_bytes(each.key);
    if (!key) continue;
    key->address.reset();
    if (*key == key_of(of_all)) take(of_one, each);
  }
  return found;
}

}  // namespace azcni::network::node_table
