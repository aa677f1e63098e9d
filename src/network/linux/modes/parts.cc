#include "modes/parts.h"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "azcni/net/azure.h"
#include "inet_table.h"
#include "node_table.h"

namespace azcni::network {
namespace {

/// A subnet of whose addresses the container has one: reached by the gateway, as all else.
void append_subnets(const std::vector<net::Prefix>& addresses, std::vector<EndpointRoute>& routes) {
  for (const net::Prefix& address : addresses) {
    const auto matches = [&](const EndpointRoute& route) {
      return route.destination == address.network();
    };
    const bool is_known = std::any_of(routes.begin(), routes.end(), matches);
    if (address.length < address.address.bits() && !is_known) routes.push_back({address.network()});
  }
}

/// Those that IPAM named, and what they leave out: the subnets, unless a default route covers them;
/// with none at all, the default route.
std::vector<EndpointRoute> routes_of(const std::vector<EndpointRoute>& named,
                                     const std::vector<net::Prefix>& addresses,
                                     net::Family family) {
  std::vector<EndpointRoute> routes;
  for (const EndpointRoute& each : named) {
    if (each.destination.address.family() == family) routes.push_back(each);
  }
  if (routes.empty()) routes.push_back({net::Prefix::everything(family)});
  const bool has_default =
      std::any_of(routes.begin(), routes.end(), [](const EndpointRoute& route) {
        return route.destination.length == 0 && !route.metrics.table;
      });
  if (!has_default) append_subnets(addresses, routes);
  return routes;
}

/// Routes to a place nearer than the gateway are on the link.
Route route_by(const Gateway& gateway, const EndpointRoute& route, const std::string& link) {
  const bool on_link = route.metrics.scope.value_or(RT_SCOPE_UNIVERSE) >= RT_SCOPE_LINK;
  return {link, route.destination, on_link ? std::nullopt : std::optional(gateway.address),
          route.metrics, !route.metrics.priority && !route.metrics.table};
}

}  // namespace

void append(Objects& objects, const Objects& more) {
  objects.insert(objects.end(), more.begin(), more.end());
}

bool has_inet_table(const NetworkSpec& spec) {
  return spec.mode == Mode::kTunnel || spec.routing.masquerade;
}

Objects tables_of(const NetworkRecord& network) {
  Objects tables;
  if (network.has_nf_tables.value_or(false))
    tables.push_back({node_table::ruleset(), Level::kNetwork});
  if (has_inet_table(network.spec))
    tables.push_back({inet_table::ruleset_of(network.spec), Level::kNetwork});
  return tables;
}

bool has_ipv6(const EndpointRecord& endpoint) {
  const auto& all = endpoint.addressing.addresses;
  return std::any_of(all.begin(), all.end(),
                     [](const net::Prefix& each) { return !each.address.is_ipv4(); });
}

Footprint links_of(const EndpointRecord& endpoint, std::uint32_t group) {
  const EndpointSpec& it = endpoint.spec;
  const Placement& at = endpoint.placement;
  Footprint links{{{Veth{it.host_if, it.host_mac, mtu_of(endpoint), group, at.bridge, it.id.if_name,
                         it.container_mac}}},
                  {}};
  // What it needs is known with its addresses.
  if (!endpoint.addressing.addresses.empty())
    links.host.push_back(
        {Sysctl{"ipv6/conf/" + it.host_if + "/accept_ra", "0", has_ipv6(endpoint)}});
  links.host.push_back({LinkUp{it.host_if}});
  return links;
}

Objects host_tables_of(const NetworkSpec& network, const EndpointRecord& endpoint,
                       const std::string& way) {
  Objects objects;
  if (has_inet_table(network)) append(objects, inet_table::elements_of(endpoint));
  append(objects, node_table::elements_of(endpoint));
  if (!endpoint.options.ports.empty())
    objects.push_back({Sysctl{"ipv4/conf/" + way + "/route_localnet", "1"}, Level::kNic});
  return objects;
}

Objects passes_of(const std::string& links, bool is_prefix, const std::string& network) {
  return {{ForeignAccept{links, is_prefix, network}, Level::kNetwork},
          {LegacyAccept{links, is_prefix}, Level::kNetwork}};
}

Objects limit_of(const std::string& link, const Rate& rate) {
  if (rate.bits_per_second == 0) return {};
  return {{Shaper{link, rate}}};
}

net::IpAddress gateway4_of(const Addressing& addressing) {
  for (const net::IpAddress& each : addressing.gateways) {
    if (each.is_ipv4()) return each;
  }
  for (const net::Prefix& each : addressing.addresses) {
    if (each.address.is_ipv4() && each.length <= 30) return net::azure::gateway_of(each);
  }
  return net::azure::kVirtualGateway;
}

Objects container_side_of(const EndpointRecord& endpoint, const std::vector<Gateway>& gateways) {
  const std::string& link = endpoint.spec.id.if_name;
  Objects objects{{Peer{link, endpoint.spec.container_mac}}, {Loopback{}}, {LinkUp{link}}};
  for (const Gateway& gateway : gateways) {
    const net::Family family = gateway.address.family();
    std::vector<net::Prefix> addresses;
    for (const net::Prefix& each : endpoint.addressing.addresses) {
      if (each.address.family() == family) addresses.push_back(each);
    }
    if (addresses.empty()) continue;
    // Container runtimes switch IPv6 off where they don't know of an address.
    if (family == net::Family::kIpv6)
      objects.push_back({Sysctl{"ipv6/conf/" + link + "/disable_ipv6", "0"}});
    for (const net::Prefix& each : addresses)
      objects.push_back({Address{link, net::Prefix::single(each.address)}});
    objects.push_back({Route{link, net::Prefix::single(gateway.address), std::nullopt, {}, true}});
    for (const EndpointRoute& each : routes_of(endpoint.addressing.routes, addresses, family))
      objects.push_back({route_by(gateway, each, link)});
    objects.push_back({Neighbour{link, gateway.address, gateway.mac}});
  }
  append(objects, limit_of(link, endpoint.options.from_container));
  return objects;
}

}  // namespace azcni::network
