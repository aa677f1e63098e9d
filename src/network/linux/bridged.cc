#include "bridged.h"

#include <algorithm>

#include "addresses.h"
#include "azcni/base/error.h"
#include "azcni/net/azure.h"
#include "bridge_links.h"
#include "host_config.h"
#include "l2_rules.h"
#include "l3_rules.h"
#include "link_managers.h"
#include "neighbours.h"
#include "nft/query.h"
#include "nft/socket.h"
#include "nic_bridge.h"
#include "resolved.h"
#include "routes.h"
#include "sysctl.h"
#include "uplink.h"

namespace azcni::network::bridged {
namespace {

namespace azure = net::azure;

bool is_tunnel(const NetworkSpec& spec) { return spec.mode == Mode::kTunnel; }

std::vector<l2::Container> containers_of(const std::vector<EndpointRecord>& endpoints) {
  std::vector<l2::Container> containers;
  for (const EndpointRecord& endpoint : endpoints) {
    for (const net::Prefix& prefix : endpoint.addressing.addresses) {
      containers.push_back({prefix.address, endpoint.spec.container_mac});
    }
  }
  return containers;
}

void add_host_route_and_neighbour(net::Netlink& netlink, const LinkId& bridge,
                                  const l2::Container& container) {
  put_neighbour(netlink, {container.address, container.mac, bridge, true});
  ensure_route(netlink, {net::Prefix::single(container.address), std::nullopt, bridge});
}

/// `bridge`: index of the link that has the neighbour if the route is gone; 0: unknown.
void remove_host_route_and_neighbour(net::Netlink& netlink, unsigned bridge,
                                     const l2::Container& container) {
  const LinkId link{find_host_route(netlink, container.address).value_or(bridge)};
  if (link.index == 0) return;
  const auto owner = find_neighbour(netlink, link, container.address);
  if (owner && *owner != container.mac) return;  // another container's since
  delete_route(netlink, {net::Prefix::single(container.address), std::nullopt, link});
  delete_neighbour(netlink, {container.address, container.mac, link, true});
}

/// Containers whose links were the ports of a bridge that somebody deleted.
void reconnect(net::Netlink& netlink, const Link& bridge,
               const std::vector<EndpointRecord>& endpoints) {
  for (const EndpointRecord& endpoint : endpoints) {
    const auto link = find_link(netlink, endpoint.spec.host_if);
    if (!link || link->mac != endpoint.spec.host_mac) continue;
    if (find_master_index(netlink, endpoint.spec.host_if) != bridge.index) {
      set_master(netlink, *link, bridge.index);
    }
    set_up_port(netlink, endpoint.spec, *link);
  }
  for (const l2::Container& container : containers_of(endpoints))
    add_host_route_and_neighbour(netlink, bridge, container);
}

/// What the host's IP stack need not see.
std::vector<net::Prefix> direct_of(const NetworkSpec& spec) {
  std::vector<net::Prefix> direct = l3::masquerade_exceptions(spec, net::Family::kIpv4);
  const std::vector<net::Prefix> more = l3::masquerade_exceptions(spec, net::Family::kIpv6);
  direct.insert(direct.end(), more.begin(), more.end());
  return direct;
}

std::vector<net::IpAddress> addresses_of(const std::vector<l2::Container>& containers) {
  std::vector<net::IpAddress> addresses;
  for (const l2::Container& each : containers) addresses.push_back(each.address);
  return addresses;
}

/// What makes the NIC's port ours. The hairpin goes first: without the rules, what the fabric sends
/// to all would go back to it as it came.
void remove_rules(const std::string& nic_name) {
  net::Netlink netlink;
  net::Netlink nft = nft::open_socket();
  const auto nic = find_link(netlink, nic_name);
  if (nic && nic->master != 0) {
    set_hairpin(netlink, *nic, false);
    delete_static_fdb_entry(netlink, *nic, azure::kRouterMac);
  }
  l2::remove(nft, nic_name);
}

}  // namespace

bool is_connected(const NetworkRecord& network) {
  net::Netlink netlink;
  const auto bridge = find_link(netlink, network.spec.bridge.name);
  const auto nic = find_link(netlink, network.spec.master);
  if (!bridge || !bridge->up || !nic || nic->mtu != network.mtu) return false;
  if (nic->master != bridge->index || has_ipv4_address(network.spec.master)) return false;
  net::Netlink nft = nft::open_socket();
  return l2::is_installed(nft, network.spec.master);
}

NetworkRecord connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                      const std::vector<EndpointRecord>& containers, UndoStack& undo) {
  net::Netlink netlink;
  net::Netlink nft = nft::open_socket();
  const Link nic = require_nic(netlink, spec);
  NetworkRecord network{spec, nic.mtu, nullptr, {}};
  network.spec.bridge.name = nic_bridge::choose(netlink, spec, nic, known);
  const auto there = find_link(netlink, network.spec.bridge.name);
  if (spec.routing.ip_forward)
    sysctl::set("ipv4/ip_forward", "1");  // for ports of the host, and more

  if (!there || nic_bridge::is_ours(network.spec.bridge.name, *there)) {
    if (nic.master == 0)
      undo.push("tell its managers", [nic = spec.master] { link_managers::give_back(nic); });
    link_managers::leave_alone(spec.master);  // before it is touched
  }
  // A table that is there has the containers of this network, or of another one of the NIC.
  const std::vector<std::string> ruled = l2::nics_of(nft::list_tables(nft));
  if (std::find(ruled.begin(), ruled.end(), spec.master) == ruled.end())
    undo.push("remove the rules", [nic = spec.master] { remove_rules(nic); });
  const HostConfig lost =
      known && !known->host.is_null() ? HostConfig::from_json(known->host) : HostConfig();
  const Link bridge = uplink::to_bridge(netlink, spec.master, network.spec.bridge.name, lost, undo);
  add_static_fdb_entry(netlink, nic, azure::kRouterMac);

  const HostConfig now = HostConfig::read(netlink, bridge.index);
  l2::install(
      nft,
      {spec.master, nic.mac, nic.index, now.addresses(), spec.bridge.via_host, direct_of(spec)},
      containers_of(containers));
  reconnect(netlink, bridge, containers);
  // Only now: without the rules, what the fabric sends to all would go back to it as it came.
  set_hairpin(netlink, nic, spec.bridge.hairpin);
  wait_for_port(netlink, spec.master);
  wait_for_carrier(netlink, network.spec.bridge.name);
  if (!there) resolved::copy_dns(spec.master, network.spec.bridge.name);
  network.host = now.without(addresses_of(l2::list(nft, spec.master))).to_json();
  return network;
}

void disconnect(const NetworkRecord& network) {
  net::Netlink netlink;
  net::Netlink nft = nft::open_socket();
  const std::string& nic = network.spec.master;
  const auto bridge = find_link(netlink, network.spec.bridge.name);
  if (bridge && nic_bridge::is_ours(network.spec.bridge.name, *bridge)) {
    nic_bridge::require_no_other_port(network.spec.bridge.name, *bridge, nic,
                                      ErrorCode::kAlreadyAttached,
                                      "take it out of the bridge, which goes with the network");
    uplink::to_nic(netlink, nic, network.spec.bridge.name);
  } else if (bridge) {
    for (const l2::Container& container : l2::list(nft, nic))
      remove_host_route_and_neighbour(netlink, bridge->index, container);
  }
  remove_rules(nic);
  link_managers::give_back(nic);
}

void keep_managers_away(net::Netlink& netlink, const NetworkRecord& network) {
  // Into a bridge that is not ours they may have put the NIC themselves.
  if (link_managers::are_told(network.spec.master) ||
      !nic_bridge::is_ours(network.spec.bridge.name,
                           require_link(netlink, network.spec.bridge.name)))
    return;
  link_managers::leave_alone(network.spec.master);
}

Gateway gateway_for(const Addressing& addressing) {
  const net::Prefix& address = addressing.addresses.front();
  if (!address.address.is_ipv4()) return {azure::kRouterLinkLocal, azure::kRouterMac};
  if (!addressing.gateways.empty()) return {addressing.gateways.front(), azure::kRouterMac};
  const bool has_subnet = address.length <= 30;
  return {has_subnet ? azure::gateway_of(address) : azure::kVirtualGateway, azure::kRouterMac};
}

void place_link(net::Netlink& netlink, const NetworkRecord& network, VethSpec& veth) {
  veth.bridge = require_link(netlink, network.spec.bridge.name).index;
  veth.group = l2::group_of(require_nic(netlink, network.spec).index, is_tunnel(network.spec));
}

void set_up_port(net::Netlink& netlink, const EndpointSpec& endpoint, const Link& host_link) {
  // A container reaches itself through a service's address only if its frame may come back.
  set_hairpin(netlink, host_link, true);
  add_static_fdb_entry(netlink, host_link, endpoint.container_mac);
}

void add_container_path(net::Netlink& netlink, const NetworkRecord& network,
                        const EndpointSpec& endpoint, const net::IpAddress& address) {
  const l2::Container container{address, endpoint.container_mac};
  net::Netlink nft = nft::open_socket();
  // First the map: by it a DEL finds what else there is of this container.
  l2::add(nft, network.spec.master, container);
  add_host_route_and_neighbour(netlink, require_link(netlink, network.spec.bridge.name), container);
}

void wait_for_port(net::Netlink& netlink, const std::string& port) {
  poll_until("port " + port + " that forwards", [&] { return is_forwarding(netlink, port); });
}

void forget_container(net::Netlink& netlink, net::Netlink& nft,
                      const std::vector<nft::Table>& tables, const net::MacAddress& container_mac) {
  for (const std::string& nic : l2::nics_of(tables)) {
    for (const l2::Container& container : l2::list(nft, nic)) {
      if (container.mac != container_mac) continue;
      remove_host_route_and_neighbour(netlink, find_master_index(netlink, nic).value_or(0),
                                      container);
      l2::remove(nft, nic, container);
    }
  }
}

void forget_addresses(net::Netlink& netlink, const std::vector<net::Prefix>& addresses,
                      const net::MacAddress& container_mac) {
  for (const net::Prefix& each : addresses)
    remove_host_route_and_neighbour(netlink, 0, {each.address, container_mac});
}

void put(net::Netlink& netlink, const NetworkRecord& network, const EndpointRecord& endpoint) {
  net::Netlink nft = nft::open_socket();
  for (const l2::Container& container : containers_of({endpoint}))
    l2::add(nft, network.spec.master, container);
  reconnect(netlink, require_link(netlink, network.spec.bridge.name), {endpoint});
}

std::vector<std::string> missing(net::Netlink& netlink, const NetworkRecord& network,
                                 const EndpointSpec& endpoint,
                                 const std::vector<net::Prefix>& addresses) {
  std::vector<std::string> missing;
  if (!is_connected(network)) missing.push_back("network " + network.spec.name + " as it was made");
  const auto bridge = find_link(netlink, network.spec.bridge.name);
  if (!bridge) return missing;
  if (find_master_index(netlink, endpoint.host_if) != bridge->index) {
    missing.push_back("port " + endpoint.host_if + " of bridge " + network.spec.bridge.name);
  }
  net::Netlink nft = nft::open_socket();
  const std::vector<l2::Container> known = l2::list(nft, network.spec.master);
  for (const net::Prefix& prefix : addresses) {
    const l2::Container container{prefix.address, endpoint.container_mac};
    if (std::find(known.begin(), known.end(), container) == known.end()) {
      missing.push_back("map element " + net::to_string(prefix.address));
    }
    const Neighbour neighbour{prefix.address, endpoint.container_mac, *bridge, true};
    const auto neighbours = list_neighbours(netlink, *bridge, prefix.address.family());
    if (std::find(neighbours.begin(), neighbours.end(), neighbour) == neighbours.end()) {
      missing.push_back("permanent neighbour " + net::to_string(prefix.address) + " on " +
                        network.spec.bridge.name);
    }
  }
  return missing;
}

}  // namespace azcni::network::bridged
