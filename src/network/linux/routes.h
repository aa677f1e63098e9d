#pragma once

#include <optional>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "azcni/net/route_metrics.h"
#include "links.h"

/// Unicast routes, one function a request; as links.h.
namespace azcni::network {

struct RouteSpec {
  net::Prefix destination;
  std::optional<net::IpAddress> gateway;  ///< nothing: on the link
  LinkId link;
  net::RouteMetrics metrics = {};
};

/// Fails if there is one to the same destination.
void add_route(net::Netlink& netlink, const RouteSpec& route);
/// No error if it is there.
void ensure_route(net::Netlink& netlink, const RouteSpec& route);
/// No error if it is gone.
void delete_route(net::Netlink& netlink, const RouteSpec& route);
/// Behind one to the same destination, if there is one: a container's first interface wins.
void add_route_with_next_free_metric(net::Netlink& netlink, const RouteSpec& route);
/// The index of the link that a host route of ours to this very address leads to.
std::optional<unsigned> find_host_route(net::Netlink& netlink, const net::IpAddress& address);
/// All of a family, with everything known of them.
std::vector<RouteSpec> list_routes(net::Netlink& netlink, net::Family family);
/// True if one of them has all that `wanted` asks for.
bool contains(const std::vector<RouteSpec>& routes, const RouteSpec& wanted);

}  // namespace azcni::network
