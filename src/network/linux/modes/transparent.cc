#include "modes/transparent.h"

#include "azcni/net/azure.h"
#include "groups.h"
#include "guard.h"
#include "modes/parts.h"
#include "naming.h"
#include "nic_routing.h"

namespace azcni::network::transparent {

Footprint footprint_of(const NicRecord& nic) {
  Footprint all{{{Uplink{nic.name, nic.mtu, ""}, Level::kNic}}, {}};
  append(all.host, nic_routing::objects_of(nic));
  return all;
}

Footprint footprint_of(const NetworkRecord& network) {
  const HostRouting& routing = network.spec.routing;
  Objects host;
  if (routing.ip_forward) host.push_back(kForward4);
  append(host, tables_of(network));
  if (network.has_nf_tables.value_or(false))
    host.push_back({guard::arp_ruleset(), Level::kNetwork});
  if (routing.forward_accept) append(host, passes_of(kLinkPrefix, true, network.spec.name));
  return {host, {}};
}

Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint) {
  const EndpointSpec& it = endpoint.spec;
  const HostRouting& routing = network.spec.routing;
  Footprint all = links_of(endpoint, groups::kTransparent | groups::options_of(network.spec.guard));
  std::get<Veth>(all.host.front().value).strict =
      network.spec.guard.sources && !network.has_nf_tables.value_or(true);
  // A hardened host has it off for every new link.
  if (has_ipv6(endpoint))
    all.host.push_back({Sysctl{"ipv6/conf/" + it.host_if + "/disable_ipv6", "0"}});
  for (const net::Prefix& each : endpoint.addressing.addresses) {
    // The host never has to ask for the MAC address, which in IPv6 it could not in the first second
    // of a link's life (duplicate address detection).
    append(all.host, {{Neighbour{it.host_if, each.address, it.container_mac}},
                      {Route{it.host_if, net::Prefix::single(each.address)}}});
    if (!each.address.is_ipv4() && routing.ip_forward) all.host.push_back(kForward6);
  }
  append(all.host, nic_routing::objects_of(endpoint));
  append(all.host, host_tables_of(network.spec, endpoint, it.host_if));
  if (!endpoint.options.ports.empty()) all.host.push_back({LoopbackFilter{it.host_if}});
  append(all.host, limit_of(it.host_if, endpoint.options.to_container));
  all.container = container_side_of(endpoint, {{net::azure::kVirtualGateway, it.host_mac},
                                               {net::azure::kRouterLinkLocal, it.host_mac}});
  return all;
}

}  // namespace azcni::network::transparent
