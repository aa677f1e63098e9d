#include "container_side.h"

#include <algorithm>

#include "azcni/base/error.h"
#include "sysctl.h"

namespace azcni::network {
namespace {

net::Netlink open_in(const NetNs& netns) {
  const ScopedNetNs inside(netns);
  return net::Netlink();
}

RouteSpec gateway_route(const Gateway& gateway, unsigned index) {
  return {net::Prefix::single(gateway.address), std::nullopt, index};
}

RouteSpec default_route(const Gateway& gateway, unsigned index) {
  return {net::Prefix::everything(gateway.address.family()), gateway.address, index};
}

template <typename T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

ContainerSide::ContainerSide(const NetNs& netns, const std::string& if_name)
    : if_name_(if_name), netlink_(open_in(netns)), link_(require_link(netlink_, if_name)) {}

void ContainerSide::bring_up() { set_up(netlink_, link_.index, if_name_); }

void ContainerSide::enable_ipv6(const NetNs& netns) const {
  const ScopedNetNs inside(netns);
  sysctl::set("ipv6/conf/" + if_name_ + "/disable_ipv6", "0");
}

void ContainerSide::configure(const net::IpAddress& address, const Gateway& gateway) {
  add_address(netlink_, link_.index, net::Prefix::single(address));
  add_route_behind(netlink_, gateway_route(gateway, link_.index));
  add_route_behind(netlink_, default_route(gateway, link_.index));
  put_neighbour(netlink_, {gateway.address, gateway.mac, link_.index, true});
}

std::vector<std::string> ContainerSide::missing(const net::IpAddress& address,
                                                const Gateway& gateway) {
  const net::Family family = address.family();
  const auto addresses = list_addresses(netlink_, link_.index, family);
  const auto routes = list_routes(netlink_, family);
  const auto neighbours = list_neighbours(netlink_, link_.index, family);

  std::vector<std::string> missing;
  if (!contains(addresses, net::Prefix::single(address))) {
    missing.push_back("address " + net::to_string(address) + " on " + if_name_ +
                      " in the container");
  }
  if (!contains(routes, gateway_route(gateway, link_.index))) {
    missing.push_back("route to the gateway " + net::to_string(gateway.address) +
                      " in the container");
  }
  if (!contains(routes, default_route(gateway, link_.index))) {
    missing.push_back("default route via " + net::to_string(gateway.address) + " in the container");
  }
  if (!contains(neighbours, {gateway.address, gateway.mac, link_.index, true})) {
    missing.push_back("permanent neighbour " + net::to_string(gateway.address) + " at " +
                      net::to_string(gateway.mac) + " in the container");
  }
  return missing;
}

void delete_from_within(const NetNs& netns, const std::string& if_name,
                        const net::MacAddress& mac) {
  net::Netlink netlink = open_in(netns);
  const auto link = find_link(netlink, if_name);
  if (link && link->mac == mac) delete_link(netlink, link->index, if_name + " of the container");
}

}  // namespace azcni::network
