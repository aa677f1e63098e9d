#include "translate.h"

#include <algorithm>
#include <iterator>

// Pure translations between the CNI's world and the network's.

namespace azcni::vnet {
namespace {

/// What the container asks: the runtime's word, else the configuration's, whose first search domain
/// is that of the pod's namespace, else IPAM's.
network::Dns dns_of(const cni::Result& lease, const Config& config,
                    const std::string& pod_namespace) {
  if (config.dns_is_of_container)
    return {config.dns.nameservers, config.dns.search, config.dns.options};
  if (config.dns.nameservers.empty() && config.dns.search.empty()) {
    std::vector<std::string> search = lease.dns.search;
    if (search.empty() && !lease.dns.domain.empty()) search = {lease.dns.domain};
    return {lease.dns.nameservers, search, config.dns.options};
  }
  std::vector<std::string> search = config.dns.search;
  if (!search.empty() && !pod_namespace.empty())
    search.front() = pod_namespace + "." + search.front();
  return {config.dns.nameservers, search, config.dns.options};
}

/// IPAM's and the configuration's, of the families that the container has an address of. To the
/// same destination in the same table the configuration's take the place of IPAM's.
std::vector<cni::Route> routes_of(const cni::Result& lease, const Config& config) {
  const auto is_own = [&](const cni::Route& route) {
    return std::any_of(lease.ips.begin(), lease.ips.end(), [&](const cni::IpConfig& ip) {
      return ip.address.address.family() == route.destination.address.family();
    });
  };
  std::vector<cni::Route> routes = lease.routes;
  for (const cni::Route& own : config.routes) {
    if (!is_own(own)) continue;
    std::erase_if(routes, [&](const cni::Route& each) {
      return each.destination == own.destination && each.metrics.table == own.metrics.table;
    });
  }
  std::copy_if(config.routes.begin(), config.routes.end(), std::back_inserter(routes), is_own);
  return routes;
}

cni::Interface to_cni(const network::EndpointInterface& interface) {
  return {interface.name, interface.mac, interface.sandbox,
          interface.mtu == 0 ? std::nullopt : std::optional(interface.mtu)};
}

}  // namespace

network::EndpointId id_of(const cni::Request& request) {
  return {network::attached_container(request.container_id, request.netns), request.if_name};
}

network::EndpointSpec endpoint_spec_of(const cni::Request& request) {
  const network::EndpointId id = id_of(request);
  const std::string host_if =
      network::host_if_name({id, request.config.name, request.netns,
                             request.arg("K8S_POD_NAMESPACE"), request.arg("K8S_POD_NAME")});
  return {
      id,      request.config.name,   request.netns,
      host_if, network::host_mac(id), requested_mac(request).value_or(network::container_mac(id))};
}

network::EndpointRecord pending_record(const cni::Request& request,
                                       const network::EndpointOptions& options,
                                       std::chrono::microseconds now) {
  return {.spec = endpoint_spec_of(request),
          .options = options,
          .pod = {request.arg("K8S_POD_NAMESPACE"), request.arg("K8S_POD_NAME"),
                  request.arg("K8S_POD_UID")},
          .written_at = now};
}

network::Addressing addressing_of(const cni::Result& lease, const Config& config,
                                  const std::string& pod_namespace) {
  network::Addressing addressing;
  for (const cni::IpConfig& ip : lease.ips) {
    addressing.addresses.push_back(ip.address);
    if (ip.gateway) addressing.gateways.push_back(*ip.gateway);
  }
  if (addressing.addresses.empty())
    throw Error(ErrorCode::kDelegate, "the IPAM plugin's result has no address");
  for (const cni::Route& route : routes_of(lease, config))
    addressing.routes.push_back({route.destination, route.metrics});
  addressing.dns = dns_of(lease, config, pod_namespace);
  addressing.nic = lease.nic;
  return addressing;
}

cni::Result to_result(const network::EndpointRecord& endpoint, const cni::Result& lease,
                      const Config& config) {
  cni::Result result = lease;
  result.interfaces.clear();
  result.nic.clear();
  for (const auto& each : endpoint.interfaces) result.interfaces.push_back(to_cni(each));
  for (cni::IpConfig& ip : result.ips) ip.interface = result.interfaces.size() - 1;
  result.routes = routes_of(lease, config);
  if (!config.dns.empty()) result.dns = config.dns;
  return result;
}

cni::Result result_from_record(const network::EndpointRecord& endpoint, const Config& config) {
  const network::Addressing& addressing = endpoint.addressing;
  const auto gateway_of = [&](net::Family family) -> std::optional<net::IpAddress> {
    for (const net::IpAddress& each : addressing.gateways) {
      if (each.family() == family) return each;
    }
    return std::nullopt;
  };
  cni::Result lease;
  for (const net::Prefix& address : addressing.addresses)
    lease.ips.push_back({address, gateway_of(address.address.family()), std::nullopt});
  for (const network::EndpointRoute& route : addressing.routes)
    lease.routes.push_back({route.destination, gateway_of(route.destination.address.family())});
  lease.dns = {addressing.dns.servers, "", addressing.dns.search, addressing.dns.options};
  return to_result(endpoint, lease, config);
}

}  // namespace azcni::vnet
