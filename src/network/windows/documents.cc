#include "documents.h"

#include "azcni/net/azure.h"
#include "azcni/net/json.h"
#include "policies.h"

namespace azcni::network::documents {
namespace {

const Json& schema() {
  static const Json version{{"Major", 2}, {"Minor", 0}};
  return version;
}

/// A network that is gone after a reboot, with what was attached to it, leaves nothing stale.
constexpr int kNonPersistent = 8;

/// HNS wants the adapter itself, and finds it where the host has only its switch's port left.
std::string adapter_of(const NetworkSpec& spec) {
  const std::string& name = spec.hns.adapter.empty() ? spec.master : spec.hns.adapter;
  return name.starts_with("vEthernet") ? std::string() : name;
}

net::IpAddress gateway_of(const Subnet& subnet) {
  return subnet.gateway.value_or(net::azure::gateway_of(subnet.prefix));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& each : texts) all += (all.empty() ? "" : ",") + each;
  return all;
}

Json dns_v2(const Dns& dns) {
  Json json = Json::object();
  if (!dns.search.empty()) json["Search"] = dns.search;
  if (!dns.servers.empty()) json["ServerList"] = dns.servers;
  if (!dns.options.empty()) json["Options"] = dns.options;
  return json;
}

void put_dns_v1(const Dns& dns, Json& json) {
  if (!dns.search.empty()) json["DNSSuffix"] = joined(dns.search);
  if (!dns.servers.empty()) json["DNSServerList"] = joined(dns.servers);
}

net::IpAddress next_hop(const Addressing& addressing, net::Family family) {
  for (const net::IpAddress& gateway : addressing.gateways) {
    if (gateway.family() == family) return gateway;
  }
  for (const net::Prefix& address : addressing.addresses) {
    if (address.address.family() == family) return net::azure::gateway_of(address);
  }
  return {family, {}};
}

bool has_family(const Addressing& addressing, net::Family family) {
  for (const net::Prefix& address : addressing.addresses) {
    if (address.address.family() == family) return true;
  }
  return false;
}

/// IPAM's routes; a family without any gets the default route.
Json routes_v2(const Addressing& addressing) {
  Json routes = Json::array();
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    if (!has_family(addressing, family)) continue;
    const net::IpAddress hop = next_hop(addressing, family);
    bool has_route = false;
    for (const EndpointRoute& route : addressing.routes) {
      if (route.destination.address.family() != family) continue;
      has_route = true;
      routes.push_back({{"NextHop", hop}, {"DestinationPrefix", route.destination}});
    }
    if (!has_route) {
      routes.push_back({{"NextHop", hop}, {"DestinationPrefix", net::Prefix::everything(family)}});
    }
  }
  return routes;
}

}  // namespace

Json network_v1(const NetworkSpec& spec) {
  Json json{{"Name", spec.name},
            {"Type", spec.mode == Mode::kTunnel ? "l2tunnel" : "l2bridge"},
            {"Subnets", Json::array()}};
  if (const std::string adapter = adapter_of(spec); !adapter.empty())
    json["NetworkAdapterName"] = adapter;
  for (const Subnet& subnet : spec.subnets) {
    json["Subnets"].push_back(
        {{"AddressPrefix", subnet.prefix}, {"GatewayAddress", gateway_of(subnet)}});
  }
  put_dns_v1(spec.hns.dns, json);
  if (!spec.hns.policies.empty()) json["Policies"] = policies::of_network_v1(spec.hns.policies);
  return json;
}

Json network_v2(const NetworkSpec& spec) {
  const auto [of_network, of_subnet] = policies::of_network_v2(spec.hns.policies);
  Json policies = of_network;
  if (const std::string adapter = adapter_of(spec); !adapter.empty()) {
    policies.insert(policies.begin(), Json{{"Type", "NetAdapterName"},
                                           {"Settings", {{"NetworkAdapterName", adapter}}}});
  }
  Json subnets = Json::array();
  for (const Subnet& subnet : spec.subnets) {
    const Json route{
        {"NextHop", gateway_of(subnet)},
        {"DestinationPrefix", net::Prefix::everything(subnet.prefix.address.family())}};
    Json json{{"IpAddressPrefix", subnet.prefix}, {"Routes", {route}}};
    if (!of_subnet.empty()) json["Policies"] = of_subnet;
    subnets.push_back(json);
  }
  Json json{{"Name", spec.name},
            {"Type", spec.mode == Mode::kTunnel ? "L2Tunnel" : "L2Bridge"},
            {"Ipams", Json::array({{{"Type", "Static"}, {"Subnets", subnets}}})},
            {"Flags", kNonPersistent},
            {"SchemaVersion", schema()}};
  if (!policies.empty()) json["Policies"] = policies;
  if (const Json dns = dns_v2(spec.hns.dns); !dns.empty()) json["Dns"] = dns;
  return json;
}

Json endpoint_v1(const std::string& network, const EndpointSpec& endpoint,
                 const Addressing& addressing, const EndpointOptions& options) {
  Json json{{"Name", endpoint.host_if}, {"VirtualNetwork", network}};
  for (const net::Prefix& address : addressing.addresses) {
    const bool is_ipv4 = address.address.is_ipv4();
    json[is_ipv4 ? "IPAddress" : "IPv6Address"] = address.address;
    json[is_ipv4 ? "PrefixLength" : "IPv6PrefixLength"] = address.length;
    if (!is_ipv4) json["GatewayAddressV6"] = next_hop(addressing, net::Family::kIpv6);
  }
  put_dns_v1(addressing.dns, json);
  const Json policies = policies::of_endpoint_v1(addressing, options);
  if (!policies.empty()) json["Policies"] = policies;
  return json;
}

Json endpoint_v2(const std::string& network, const EndpointSpec& endpoint,
                 const Addressing& addressing, const EndpointOptions& options) {
  Json json{{"Name", endpoint.host_if},
            {"HostComputeNetwork", network},
            {"IpConfigurations", Json::array()},
            {"Routes", routes_v2(addressing)},
            {"SchemaVersion", schema()}};
  for (const net::Prefix& address : addressing.addresses) {
    json["IpConfigurations"].push_back(
        {{"IpAddress", address.address}, {"PrefixLength", address.length}});
  }
  if (const Json dns = dns_v2(addressing.dns); !dns.empty()) json["Dns"] = dns;
  const Json policies = policies::of_endpoint_v2(addressing, options);
  if (!policies.empty()) json["Policies"] = policies;
  return json;
}

Json namespace_request(const std::string& change, const std::string& endpoint) {
  return {{"ResourceType", "Endpoint"},
          {"RequestType", change},
          {"Settings", {{"EndpointId", endpoint}}}};
}

}  // namespace azcni::network::documents
