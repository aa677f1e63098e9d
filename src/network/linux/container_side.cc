#include "container_side.h"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "addresses.h"
#include "azcni/base/error.h"
#include "neighbours.h"
#include "qdisc.h"
#include "routes.h"
#include "sysctl.h"

namespace azcni::network {
namespace {

net::Netlink open_in(const NetNs& netns) {
  const ScopedNetNs inside(netns);
  return net::Netlink();
}

RouteSpec gateway_route(const Gateway& gateway, const LinkId& link) {
  return {net::Prefix::single(gateway.address), std::nullopt, link};
}

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
std::vector<EndpointRoute> with_default_routes(const Addressing& addressing) {
  std::vector<EndpointRoute> routes = addressing.routes;
  const net::Family family = addressing.addresses.front().address.family();
  if (routes.empty()) routes.push_back({net::Prefix::everything(family)});
  const bool has_default =
      std::any_of(routes.begin(), routes.end(), [](const EndpointRoute& route) {
        return route.destination.length == 0 && !route.metrics.table;
      });
  if (!has_default) append_subnets(addressing.addresses, routes);
  return routes;
}

/// Routes to a place nearer than the gateway are on the link.
RouteSpec route_by(const Gateway& gateway, const EndpointRoute& route, const LinkId& link) {
  const bool on_link = route.metrics.scope.value_or(RT_SCOPE_UNIVERSE) >= RT_SCOPE_LINK;
  return {route.destination, on_link ? std::nullopt : std::optional(gateway.address), link,
          route.metrics};
}

template <typename T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Addressing of_family(const Addressing& addressing, net::Family family) {
  Addressing part;
  for (const net::Prefix& each : addressing.addresses) {
    if (each.address.family() == family) part.addresses.push_back(each);
  }
  for (const net::IpAddress& each : addressing.gateways) {
    if (each.family() == family) part.gateways.push_back(each);
  }
  for (const EndpointRoute& each : addressing.routes) {
    if (each.destination.address.family() == family) part.routes.push_back(each);
  }
  return part;
}

ContainerSide::ContainerSide(const NetNs& netns, const std::string& if_name)
    : if_name_(if_name), netlink_(open_in(netns)), link_(require_link(netlink_, if_name)) {}

void ContainerSide::bring_up() { set_up(netlink_, link_); }

void ContainerSide::wait_until_usable(const Addressing& addressing) {
  wait_for_carrier(netlink_, if_name_);
  for (const net::Prefix& each : addressing.addresses) {
    if (each.address.is_ipv4()) continue;  // at once
    poll_until("address " + net::to_string(each.address) + " of " + if_name_,
               [&] { return has_local_route(netlink_, each.address); });
  }
}

void ContainerSide::enable_ipv6(const NetNs& netns) const {
  const ScopedNetNs inside(netns);
  sysctl::set("ipv6/conf/" + if_name_ + "/disable_ipv6", "0");
}

void ContainerSide::configure(const Addressing& addressing, const Gateway& gateway) {
  for (const net::Prefix& address : addressing.addresses)
    add_address(netlink_, link_, net::Prefix::single(address.address));
  add_route_with_next_free_metric(netlink_, gateway_route(gateway, link_));
  for (const EndpointRoute& each : with_default_routes(addressing)) {
    const RouteSpec route = route_by(gateway, each, link_);
    if (route.metrics.priority || route.metrics.table) {
      add_route(netlink_, route);
    } else {
      add_route_with_next_free_metric(netlink_, route);
    }
  }
  put_neighbour(netlink_, {gateway.address, gateway.mac, link_, true});
}

void ContainerSide::set_tbf(const Rate& rate) { network::set_tbf(netlink_, link_, rate); }

std::vector<std::string> ContainerSide::missing(const Addressing& addressing,
                                                const Gateway& gateway) {
  const net::Family family = gateway.address.family();
  const auto addresses = list_addresses(netlink_, link_, family);
  const auto routes = list_routes(netlink_, family);
  const auto neighbours = list_neighbours(netlink_, link_, family);

  std::vector<std::string> missing;
  for (const net::Prefix& address : addressing.addresses) {
    if (holds(addresses, net::Prefix::single(address.address))) continue;
    missing.push_back("address " + net::to_string(address.address) + " on " + if_name_ +
                      " in the container");
  }
  if (!contains(routes, gateway_route(gateway, link_))) {
    missing.push_back("route to the gateway " + net::to_string(gateway.address) +
                      " in the container");
  }
  for (const EndpointRoute& each : with_default_routes(addressing)) {
    const RouteSpec route = route_by(gateway, each, link_);
    if (contains(routes, route)) continue;
    const std::string name = route.destination.length == 0 && !route.metrics.table
                                 ? "default route"
                                 : "route to " + net::to_string(route.destination);
    missing.push_back(name + (route.gateway ? " via " + net::to_string(*route.gateway) : "") +
                      " in the container");
  }
  if (!holds(neighbours, {gateway.address, gateway.mac, link_, true})) {
    missing.push_back("permanent neighbour " + net::to_string(gateway.address) + " at " +
                      net::to_string(gateway.mac) + " in the container");
  }
  return missing;
}

void delete_from_within(const NetNs& netns, const std::string& if_name,
                        const net::MacAddress& mac) {
  net::Netlink netlink = open_in(netns);
  const auto link = find_link(netlink, if_name);
  if (link && link->mac == mac) delete_link(netlink, *link);
}

}  // namespace azcni::network
