#include "inet_table.h"

#include <algorithm>

#include "azcni/net/azure.h"
#include "naming.h"
#include "nft/query.h"
#include "port_key.h"

namespace azcni::network::inet_table {
namespace {

using net::Family;
using nft::Field;
using nft::Rule;
using nft::Ruleset;
using nft::Type;

/// After kube-proxy's chains (-100, 100): a port that a Service claims is the Service's.
constexpr std::int32_t kDestinationNat = -90;
constexpr std::int32_t kSourceNat = 110;
constexpr std::int32_t kBeforeConntrack = -300;
/// The packet's mark by which the portmap plugin, too, says "masquerade this one".
constexpr std::uint32_t kMasqueradeMark = 0x2000;
constexpr std::pair<std::uint8_t, const char*> kProtocols[] = {
    {6, "tcp"}, {17, "udp"}, {132, "sctp"}};
const nft::Bytes kLoopback{127};
constexpr Field kFirstByteOfSource{Field::Base::kNetwork, 12, 1};
constexpr Field kFirstByteOfDestination{Field::Base::kNetwork, 16, 1};

/// The names and types of one address family.
struct Side {
  Family family;
  Type address;
  Field source;
  Field destination;
  const char *vnet, *pods, *ports, *ports_of_address;
};
constexpr Side kSide4{Family::kIpv4, Type::kIp4, nft::kIp4Source, nft::kIp4Destination,
                      "vnet4",       "pods4",    "ports4",        "ports_of_address4"};
constexpr Side kSide6{Family::kIpv6, Type::kIp6, nft::kIp6Source, nft::kIp6Destination,
                      "vnet6",       "pods6",    "ports6",        "ports_of_address6"};

const Side& side_of(const net::IpAddress& address) { return address.is_ipv4() ? kSide4 : kSide6; }

std::vector<net::Prefix> of_family(const std::vector<net::Prefix>& prefixes, Family family) {
  std::vector<net::Prefix> found;
  for (const net::Prefix& each : prefixes) {
    if (each.address.family() == family) found.push_back(each);
  }
  return found;
}

void add_sets(Ruleset& table, const Side& side, const std::vector<net::Prefix>& exceptions) {
  const nft::Types target{side.address, Type::kPort};
  const nft::Set vnet{side.vnet, {side.address}, true};
  table.sets.push_back(vnet);
  table.maps.insert(
      table.maps.end(),
      {{side.pods, {side.address}, {Type::kMac}},
       {side.ports, {Type::kProtocol, Type::kPort}, target},
       {side.ports_of_address, {side.address, Type::kProtocol, Type::kPort}, target}});
  table.contents.emplace_back(vnet, exceptions);
}

/// Ports of the host, those of one of its addresses first. A container's answer must come by the
/// host again. Where only what the host itself sent makes it do so, the host's address stands for
/// all callers; else only for those on this host that would get their answer past it, or from
/// 127.0.0.1.
void add_port_rules(Ruleset& table, const Side& side, const std::string& chain,
                    bool answers_pass_host) {
  const std::vector<std::pair<std::string, std::vector<Field>>> maps{
      {side.ports_of_address, {side.destination, nft::kL4Protocol, nft::kDestinationPort}},
      {side.ports, {nft::kL4Protocol, nft::kDestinationPort}}};
  const auto begin = [&] { return Rule().family(side.family).fib_daddr_local(true); };
  for (const auto& [map, key] : maps) {
    Rule mark = begin();
    if (answers_pass_host && chain == "output") mark.equals(kFirstByteOfSource, kLoopback);
    if (answers_pass_host && chain != "output") mark.in_map({side.source}, side.pods);
    if (!answers_pass_host || chain != "output" || side.family == Family::kIpv4)
      table.rules.emplace_back(chain, mark.in_map(key, map).set_mark(kMasqueradeMark));
    table.rules.emplace_back(chain, begin().dnat(side.family, key, map));
  }
}

void add_masquerading(Ruleset& table, const Side& side, const Facts& facts) {
  if (facts.masquerade_services) {
    // A Service whose backend is on this node: its answer goes to the fabric as all else, unless
    // the host asks. Others keep their address: by a NodePort, say.
    table.rules.emplace_back("postrouting", Rule()
                                                .family(side.family)
                                                .was_dnated()
                                                .in_map({side.source}, side.pods)
                                                .in_map({side.destination}, side.pods)
                                                .masquerade());
  }
  if (of_family(facts.exceptions, side.family).empty()) return;
  table.rules.emplace_back("postrouting", Rule()
                                              .family(side.family)
                                              .in_map({side.source}, side.pods)
                                              .is_not_in(side.destination, side.vnet)
                                              .fib_daddr_local(false)
                                              .masquerade());
}

std::uint8_t number_of(const std::string& protocol) {
  for (const auto& [number, name] : kProtocols) {
    if (protocol == name) return number;
  }
  return kProtocols[0].first;
}

std::string name_of(std::uint8_t protocol) {
  for (const auto& [number, name] : kProtocols) {
    if (protocol == number) return name;
  }
  return std::to_string(protocol);
}

Element pod_element(const nft::Table& table, const net::IpAddress& address,
                    const net::MacAddress& mac) {
  return {table, side_of(address).pods, nft::bytes_of(address), nft::bytes_of(mac),
          net::to_string(address) + " : " + net::to_string(mac)};
}

Element port_element(const nft::Table& table, const PortKey& key, const net::IpAddress& container,
                     const net::MacAddress& mac, std::uint16_t port) {
  const Side& side = side_of(container);
  const std::string protocol = name_of(key.protocol);
  const std::string text = (key.address ? net::to_string(*key.address) + " . " : std::string()) +
                           protocol + " . " + std::to_string(key.port) + " : " +
                           net::to_string(container) + " . " + std::to_string(port);
  return {table,          key.address ? side.ports_of_address : side.ports,
          key.to_bytes(), nft::joined({nft::bytes_of(container), nft::bytes_of(port)}),
          text,           HostPort{protocol, key.port, container, mac},
          side.pods};
}

}  // namespace

nft::Table table_of(const std::string& network) {
  return {nft::Family::kInet, kTablePrefix + network};
}

nft::Ruleset ruleset_of(const Facts& facts) {
  Ruleset table{table_of(facts.network)};
  for (const Side& side : {kSide4, kSide6})
    add_sets(table, side, of_family(facts.exceptions, side.family));
  table.chains = {{"guard", nft::Hook::kPrerouting, kBeforeConntrack},
                  {"prerouting", nft::Hook::kPrerouting, kDestinationNat, nft::ChainType::kNat},
                  {"output", nft::Hook::kOutput, kDestinationNat, nft::ChainType::kNat},
                  {"postrouting", nft::Hook::kPostrouting, kSourceNat, nft::ChainType::kNat}};
  // With route_localnet, which a port of 127.0.0.1 needs, nobody else may send to 127.0.0.1.
  table.rules.emplace_back("guard", Rule()
                                        .family(Family::kIpv4)
                                        .not_in_interface("lo")
                                        .equals(kFirstByteOfDestination, kLoopback)
                                        .drop());
  table.rules.emplace_back("postrouting", Rule().has_mark(kMasqueradeMark).masquerade());
  for (const Side& side : {kSide4, kSide6}) {
    for (const char* chain : {"prerouting", "output"})
      add_port_rules(table, side, chain, facts.answers_pass_host);
    add_masquerading(table, side, facts);
  }
  return table;
}

std::vector<net::Prefix> masquerade_exceptions(const HostRouting& routing) {
  if (!routing.masquerade) return {};
  std::vector<net::Prefix> all = routing.vnet;
  const auto append = [&](std::initializer_list<const char*> texts) {
    for (const char* text : texts) all.push_back(net::parse_prefix(text).value());
  };
  if (all.empty())
    append({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"});
  const bool has4 = !of_family(all, Family::kIpv4).empty();
  const bool has6 = !of_family(all, Family::kIpv6).empty();
  if (has4) {
    all.push_back(net::Prefix::single(net::azure::kWireserver));
    append({"224.0.0.0/4", "255.255.255.255/32"});
  }
  if (has6) append({"fe80::/10", "ff00::/8"});
  return all;
}

std::vector<net::Prefix> unseen_by_all(const std::vector<NetworkRecord>& networks) {
  std::vector<net::Prefix> all;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    std::optional<std::vector<net::Prefix>> unseen;
    for (const NetworkRecord& network : networks) {
      const auto more = of_family(masquerade_exceptions(network.spec.routing), family);
      if (more.empty()) continue;  // it does not masquerade them
      const auto is_seen = [&](const net::Prefix& prefix) {
        return std::none_of(more.begin(), more.end(), [&](const net::Prefix& each) {
          return each.length <= prefix.length && each.contains(prefix.address);
        });
      };
      if (unseen) {
        std::erase_if(*unseen, is_seen);
      } else {
        unseen = more;
      }
    }
    if (unseen) all.insert(all.end(), unseen->begin(), unseen->end());
  }
  return all;
}

Objects elements_of(const std::string& network, const std::vector<net::Prefix>& addresses,
                    const net::MacAddress& container, const std::vector<PortMapping>& ports) {
  const nft::Table table = table_of(network);
  Objects elements;
  std::vector<Family> served;
  for (const net::Prefix& prefix : addresses) {
    const net::IpAddress& address = prefix.address;
    elements.push_back({pod_element(table, address, container)});
    if (std::find(served.begin(), served.end(), address.family()) != served.end()) continue;
    served.push_back(address.family());
    for (const PortMapping& port : ports) {
      const auto host = net::parse_ip(port.host_ip);
      if (host && host->family() != address.family()) continue;
      PortKey key{number_of(port.protocol), port.host_port};
      if (host && !host->is_unspecified()) key.address = host;
      elements.push_back({port_element(table, key, address, container, port.container_port)});
    }
  }
  return elements;
}

Objects find_elements(net::Netlink& socket, const std::vector<nft::Table>& tables,
                      const net::MacAddress& container) {
  Objects elements;
  for (const nft::Table& table : tables) {
    if (table.family != nft::Family::kInet || !table.name.starts_with(kTablePrefix)) continue;
    for (const Side& side : {kSide4, kSide6}) {
      for (const auto& [address, owner] : nft::list_elements(socket, table, side.pods)) {
        if (owner != nft::bytes_of(container)) continue;
        elements.push_back({pod_element(table, {side.family, address}, container)});
        for (const char* map : {side.ports, side.ports_of_address}) {
          for (const auto& [key, target] : nft::list_elements(socket, table, map)) {
            const auto port = PortKey::from_bytes(key);
            if (!port || !std::equal(address.begin(), address.end(), target.begin())) continue;
            const std::size_t at = address.size();
            elements.push_back(
                {port_element(table, *port, {side.family, address}, container,
                              static_cast<std::uint16_t>(target[at] << 8 | target[at + 1]))});
          }
        }
      }
    }
  }
  return elements;
}

}  // namespace azcni::network::inet_table
