#include "modes/bridged.h"

#include <algorithm>

#include "azcni/net/azure.h"
#include "bridge_table.h"
#include "groups.h"
#include "guard.h"
#include "inet_table.h"
#include "modes/parts.h"
#include "nic_routing.h"
#include "owner.h"

namespace azcni::network::bridged {
namespace {

/// Single addresses are the containers' own matter.
void append_networks(std::vector<net::Prefix>& all, const std::vector<net::Prefix>& more) {
  for (const net::Prefix& each : more) {
    if (each.length < each.address.bits()) all.push_back(each);
  }
}

}  // namespace

Footprint footprint_of(const NicRecord& nic, const std::vector<NetworkRecord>& on_it) {
  std::vector<net::Prefix> via_host;
  std::vector<net::Prefix> allowed;
  bool hairpin = true;
  for (const NetworkRecord& each : on_it) {
    const BridgeOptions& options = each.spec.bridge;
    via_host.insert(via_host.end(), options.via_host.begin(), options.via_host.end());
    hairpin = hairpin && options.hairpin;
    append_networks(allowed, each.spec.guard.allowed);
  }
  std::sort(via_host.begin(), via_host.end());
  via_host.erase(std::unique(via_host.begin(), via_host.end()), via_host.end());
  Footprint all{{{Uplink{nic.name, nic.mtu, nic.bridge}, Level::kNic},
                 {FdbEntry{nic.name, net::azure::kRouterMac}, Level::kNic},
                 {bridge_table::ruleset_of({nic.name, nic.mac, nic.number, nic.host_addresses,
                                            via_host, inet_table::unseen_by_all(on_it), allowed}),
                  Level::kNic},
                 {BridgePort{nic.name, nic.bridge, hairpin}, Level::kNic}},
                {}};
  append(all.host, nic_routing::objects_of(nic));
  return all;
}

Footprint footprint_of(const NetworkRecord& network) {
  const NetworkSpec& spec = network.spec;
  Objects host;
  if (spec.routing.ip_forward) host.push_back(kForward4);  // for ports of the host, and more
  append(host, tables_of(network));
  if (spec.routing.forward_accept) append(host, passes_of(spec.bridge.name, false, spec.name));
  return {host, {}};
}

Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint) {
  const EndpointSpec& it = endpoint.spec;
  const Placement& at = endpoint.placement;
  const bool is_routed = has_inet_table(network.spec) || !endpoint.options.ports.empty();
  const Guard& guard = network.spec.guard;
  Footprint all = links_of(endpoint, groups::of_nic(at.nic_number, at.mode == Mode::kTunnel) |
                                         groups::options_of(guard));
  // A container reaches itself through a service's address only if its frame may come back.
  append(all.host,
         {{BridgePort{it.host_if, at.bridge, true}}, {FdbEntry{it.host_if, it.container_mac}}});
  if (!endpoint.addressing.addresses.empty()) append(all.host, guard::elements_of(endpoint, guard));
  for (const net::Prefix& each : endpoint.addressing.addresses) {
    append(all.host,
           {{bridge_table::element_of(at.nic, each.address, it.container_mac, owner_of(it.id))},
            {Neighbour{at.bridge, each.address, it.container_mac}},
            {Route{at.bridge, net::Prefix::single(each.address)}}});
    if (!each.address.is_ipv4() && is_routed && network.spec.routing.ip_forward)
      all.host.push_back(kForward6);
  }
  append(all.host, host_tables_of(network.spec, endpoint, at.bridge));
  // A port of the host opens 127.0.0.1 by the bridge, which is one link for all of them.
  all.host.push_back({LoopbackFilter{it.host_if}});
  append(all.host, limit_of(it.host_if, endpoint.options.to_container));
  all.container =
      container_side_of(endpoint, {{gateway4_of(endpoint.addressing), net::azure::kRouterMac},
                                   {net::azure::kRouterLinkLocal, net::azure::kRouterMac}});
  return all;
}

}  // namespace azcni::network::bridged
