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

std::vector<net::Prefix> addresses_of(const cni::Result& lease) {
  std::vector<net::Prefix> addresses;
  for (const cni::IpConfig& ip : lease.ips) addresses.push_back(ip.address);
  if (addresses.empty())
    throw Error(ErrorCode::kDelegate, "the IPAM plugin's result has no address");
  return addresses;
}

cni::Result answer(const network::EndpointSpec& endpoint, const cni::Result& lease,
                   const Config& config) {
  cni::Result result = lease;
  result.interfaces = {{endpoint.host_if, endpoint.host_mac, ""},
                       {endpoint.id.if_name, endpoint.container_mac, endpoint.sandbox}};
  for (cni::IpConfig& ip : result.ips) ip.interface = 1;  // the container's
  if (!config.dns.empty()) result.dns = config.dns;
  return result;
}

}  // namespace azcni::vnet
