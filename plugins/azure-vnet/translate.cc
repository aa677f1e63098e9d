// Pure translations between the CNI's world and the network's.

#include "vnet.h"

namespace azcni::vnet {

network::EndpointId id_of(const cni::Request& request) {
  return {request.container_id, request.if_name};
}

network::EndpointSpec describe(const cni::Request& request) {
  const network::EndpointId id = id_of(request);
  const std::string host_if = network::host_if_name(
      {id, request.config.name, request.arg("K8S_POD_NAMESPACE"), request.arg("K8S_POD_NAME")});
  return {id,      request.config.name,   request.netns,
          host_if, network::host_mac(id), network::container_mac(id)};
}

network::EndpointRecord incomplete(const network::EndpointSpec& endpoint) {
  return {endpoint, false, {}, false, store::uptime()};
}

network::EndpointRecord completed(const network::EndpointSpec& endpoint,
                                  const network::Addressing& addressing) {
  return {endpoint, true, addressing, false, store::uptime()};
}

network::Addressing addressing_of(const cni::Result& lease) {
  network::Addressing addressing;
  for (const cni::IpConfig& ip : lease.ips) {
    addressing.addresses.push_back(ip.address);
    if (ip.gateway) addressing.gateways.push_back(*ip.gateway);
  }
  if (addressing.addresses.empty())
    throw Error(ErrorCode::kDelegate, "the IPAM plugin's result has no address");
  for (const cni::Route& route : lease.routes) {
    addressing.routes.push_back(
        {route.destination, route.mtu, route.advmss, route.priority, route.table, route.scope});
  }
  return addressing;
}

cni::Result answer(const network::EndpointSpec& endpoint, unsigned mtu, const cni::Result& lease,
                   const Config& config) {
  cni::Result result = lease;
  result.interfaces = {{endpoint.host_if, endpoint.host_mac, "", mtu},
                       {endpoint.id.if_name, endpoint.container_mac, endpoint.sandbox, mtu}};
  for (cni::IpConfig& ip : result.ips) ip.interface = 1;  // the container's
  if (!config.dns.empty()) result.dns = config.dns;
  return result;
}

}  // namespace azcni::vnet
