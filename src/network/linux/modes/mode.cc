#include "modes/mode.h"

#include "modes/bridged.h"
#include "modes/parts.h"
#include "modes/transparent.h"

namespace azcni::network {

namespace {

/// Of a pod of the Go plugins its link and its address are known, and no more.
Footprint footprint_of_legacy(const NetworkRecord& network, const EndpointRecord& endpoint) {
  const EndpointSpec& it = endpoint.spec;
  Footprint known{{{Veth{it.host_if, it.host_mac, 0, 0, "", it.id.if_name, it.container_mac}}}, {}};
  append(known.host, host_tables_of(network.spec, endpoint, it.host_if));
  return known;
}

}  // namespace

const std::string& host_link_of(const NetworkSpec& spec) {
  return has_bridge(spec.mode) ? spec.bridge.name : spec.master;
}

std::string bridge_of(const NetworkSpec& spec) {
  return has_bridge(spec.mode) ? spec.bridge.name : "";
}

Needs needs_of(const NetworkSpec& spec) {
  const std::string mode = "mode " + to_string(spec.mode);
  if (has_bridge(spec.mode)) return {true, mode};
  const bool has_rules = has_inet_table(spec) || spec.routing.forward_accept;
  return {false, has_rules ? mode + " with ipMasq or forwardAccept" : ""};
}

Footprint footprint_of(const NicRecord& nic, const std::vector<NetworkRecord>& on_it) {
  return nic.bridge.empty() ? transparent::footprint_of(nic) : bridged::footprint_of(nic, on_it);
}

Footprint footprint_of(const NetworkRecord& network) {
  return has_bridge(network.spec.mode) ? bridged::footprint_of(network)
                                       : transparent::footprint_of(network);
}

Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint) {
  if (endpoint.legacy) return footprint_of_legacy(network, endpoint);
  return has_bridge(endpoint.placement.mode) ? bridged::footprint_of(network, endpoint)
                                             : transparent::footprint_of(network, endpoint);
}

}  // namespace azcni::network
