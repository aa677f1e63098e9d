#include "transparent.h"

#include <algorithm>

#include "azcni/base/error.h"
#include "azcni/net/azure.h"
#include "neighbours.h"
#include "routes.h"
#include "sysctl.h"

namespace azcni::network::transparent {
namespace {

constexpr const char* kForward4 = "ipv4/ip_forward";
}  // namespace

bool is_connected(const NetworkRecord& network) {
  net::Netlink netlink;
  const auto master = find_link(netlink, network.spec.master);
  return master && master->mtu == network.mtu &&
         (!network.spec.routing.ip_forward || sysctl::read(kForward4) == "1");
}

NetworkRecord connect(const NetworkSpec& spec) {
  net::Netlink netlink;
  const Link master = require_nic(netlink, spec);
  if (spec.routing.ip_forward) sysctl::set(kForward4, "1");
  return {spec, master.mtu, nullptr, {}};
}

Gateway gateway_for(net::Family family, const net::MacAddress& host_mac) {
  const bool is_ipv4 = family == net::Family::kIpv4;
  return {is_ipv4 ? net::azure::kVirtualGateway : net::azure::kRouterLinkLocal, host_mac};
}

void add_container_path(net::Netlink& netlink, const NetworkRecord& network,
                        const EndpointSpec& endpoint, const net::IpAddress& address,
                        const Link& host_link) {
  if (!address.is_ipv4() && network.spec.routing.ip_forward)
    sysctl::forward_ipv6(network.spec.master);
  add_route(netlink, {net::Prefix::single(address), std::nullopt, host_link});
  put_neighbour(netlink, {address, endpoint.container_mac, host_link, true});
}

std::vector<std::string> missing(net::Netlink& netlink, const NetworkRecord& network,
                                 const EndpointSpec& endpoint,
                                 const std::vector<net::Prefix>& addresses) {
  const auto link = find_link(netlink, endpoint.host_if);
  if (!link) return {"link " + endpoint.host_if + " on the host"};
  std::vector<std::string> missing;
  if (link->mac != endpoint.host_mac) {
    missing.push_back("MAC address " + net::to_string(endpoint.host_mac) + " of " +
                      endpoint.host_if + ", which has " + net::to_string(link->mac));
  }
  if (!link->up) missing.push_back("link " + endpoint.host_if + " up");
  for (const net::Prefix& prefix : addresses) {
    const RouteSpec route{net::Prefix::single(prefix.address), std::nullopt, *link};
    if (!contains(list_routes(netlink, prefix.address.family()), route)) {
      missing.push_back("host route " + net::to_string(route.destination) + " to " +
                        endpoint.host_if);
    }
    const Neighbour container{prefix.address, endpoint.container_mac, *link, true};
    const auto neighbours = list_neighbours(netlink, *link, prefix.address.family());
    if (std::find(neighbours.begin(), neighbours.end(), container) == neighbours.end()) {
      missing.push_back("permanent neighbour " + net::to_string(prefix.address) + " on " +
                        endpoint.host_if);
    }
  }
  if (network.spec.routing.ip_forward && sysctl::read(kForward4) != "1")
    missing.emplace_back("net.ipv4.ip_forward = 1");
  return missing;
}

}  // namespace azcni::network::transparent
