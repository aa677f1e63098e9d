#include "policies.h"

#include "azcni/base/log.h"

namespace azcni::network::policies {
namespace {

std::string type_of(const Json& policy) { return Fields(policy, "policy").text("type"); }

/// What is beside the Type, wherever it stands.
Json settings_of(const Json& policy) {
  if (const Json* settings = Fields(policy, "policy").find("settings")) return *settings;
  Json settings = policy;
  for (auto it = settings.begin(); it != settings.end();) {
    const bool is_type = it.key().size() == 4 && Fields(policy, "").find("type") != nullptr &&
                         (it.key() == "Type" || it.key() == "type");
    it = is_type ? settings.erase(it) : std::next(it);
  }
  return settings;
}

Json flat(const std::string& type, const Json& settings) {
  Json policy{{"Type", type}};
  policy.update(settings);
  return policy;
}

Json nested(const std::string& type, const Json& settings) {
  return {{"Type", type}, {"Settings", settings}};
}

Error missing_field(const std::string& type, const std::string& what) {
  return {ErrorCode::kInvalidConfig,
          "AdditionalArgs: EndpointPolicy " + type + ": expected " + what};
}

/// HNS refuses addresses of both families in one list: a list of lists, one a family.
std::vector<std::vector<std::string>> by_family(const std::vector<std::string>& prefixes) {
  std::vector<std::string> ipv4, ipv6;
  for (const std::string& each : prefixes)
    (each.find(':') == std::string::npos ? ipv4 : ipv6).push_back(each);
  std::vector<std::vector<std::string>> lists;
  for (const auto& list : {ipv4, ipv6}) {
    if (!list.empty()) lists.push_back(list);
  }
  return lists;
}

/// The list is called ExceptionList by configurations and version 1, Exceptions by version 2.
std::vector<std::string> exceptions_of(const Json& settings) {
  const Fields fields(settings, "OutBoundNAT");
  auto exceptions = fields.texts("exceptionList");
  return exceptions.empty() ? fields.texts("exceptions") : exceptions;
}

void append_outbound_nat_v1(const Json& settings, Json& policies) {
  const auto lists = by_family(exceptions_of(settings));
  if (lists.empty()) log::warning("policy OutBoundNAT without exceptions is left out");
  for (const auto& list : lists) policies.push_back(flat("OutBoundNAT", {{"ExceptionList", list}}));
}

void append_outbound_nat_v2(const Json& settings, Json& policies) {
  const auto destinations = Fields(settings, "OutBoundNAT").texts("destinations");
  if (!destinations.empty())
    policies.push_back(nested("OutBoundNAT", {{"Destinations", destinations}}));
  const auto lists = by_family(exceptions_of(settings));
  if (lists.empty() && destinations.empty()) throw missing_field("OutBoundNAT", "an ExceptionList");
  for (const auto& list : lists) policies.push_back(nested("OutBoundNAT", {{"Exceptions", list}}));
}

void append_route_v2(const Json& settings, Json& policies) {
  const Fields route(settings, "ROUTE");
  if (route.text("destinationPrefix").empty() || !route.has("needEncap"))
    throw missing_field("ROUTE", "DestinationPrefix and NeedEncap");
  Json json{{"DestinationPrefix", route.text("destinationPrefix")},
            {"NeedEncap", route.flag("needEncap")}};
  if (const std::string next_hop = route.text("nextHop"); !next_hop.empty())
    json["NextHop"] = next_hop;
  policies.push_back(nested("SDNRoute", json));
}

void append_v2(const Json& configured, Json& policies) {
  const std::string type = type_of(configured);
  const Json settings = settings_of(configured);
  if (type == "OutBoundNAT") return append_outbound_nat_v2(settings, policies);
  if (type == "ROUTE" || type == "SDNRoute") return append_route_v2(settings, policies);
  for (const char* same : {"ACL", "L4WFPPROXY", "L4Proxy", "PortMapping", "QOS"}) {
    if (type != same) continue;
    policies.push_back(nested(type, settings));
    return;
  }
  throw Error(ErrorCode::kUnsupportedField,
              "AdditionalArgs: EndpointPolicy: Type \"" + type + "\" is not supported");
}

bool has_family(const Addressing& addressing, net::Family family) {
  for (const net::Prefix& each : addressing.addresses) {
    if (each.address.family() == family) return true;
  }
  return false;
}

void require_tcp_or_udp(const PortMapping& port) {
  if (port.protocol == "tcp" || port.protocol == "udp") return;
  throw Error(ErrorCode::kUnsupportedField, "runtimeConfig.portMappings: protocol \"" +
                                                port.protocol + "\" is not supported by Windows");
}

/// Flags of a port mapping: the node reaches its own port; the port is one of IPv6.
constexpr int kLocalRoutedVip = 1, kIpv6Vip = 2;

void append_port_v2(const PortMapping& port, const Addressing& addressing, Json& policies) {
  require_tcp_or_udp(port);
  Json settings{{"Protocol", port.protocol == "tcp" ? 6 : 17},
                {"InternalPort", port.container_port},
                {"ExternalPort", port.host_port}};
  const bool is_ipv6 = port.host_ip.find(':') != std::string::npos;
  if (!port.host_ip.empty()) {
    settings["VIP"] = port.host_ip;
    settings["Flags"] = is_ipv6 ? kIpv6Vip : kLocalRoutedVip;
    policies.push_back(nested("PortMapping", settings));
    return;
  }
  for (const auto& [family, flags] :
       {std::pair(net::Family::kIpv4, kLocalRoutedVip), std::pair(net::Family::kIpv6, kIpv6Vip)}) {
    if (!has_family(addressing, family)) continue;
    settings["Flags"] = flags;
    policies.push_back(nested("PortMapping", settings));
  }
}

std::vector<std::string> ipv4_addresses(const Addressing& addressing) {
  std::vector<std::string> texts;
  for (const net::Prefix& each : addressing.addresses) {
    if (each.address.is_ipv4()) texts.push_back(net::to_string(each.address));
  }
  return texts;
}

}  // namespace

Json of_endpoint_v1(const Addressing& addressing, const EndpointOptions& options) {
  Json policies = Json::array();
  for (const Json& configured : options.policies) {
    const Json settings = settings_of(configured);
    if (type_of(configured) == "OutBoundNAT") {
      append_outbound_nat_v1(settings, policies);
    } else {
      policies.push_back(flat(type_of(configured), settings));
    }
  }
  if (options.loopback_dsr) {
    for (const std::string& address : ipv4_addresses(addressing))
      policies.push_back(flat("OutBoundNAT", {{"Destinations", {address}}}));
  }
  for (const PortMapping& port : options.ports) {
    require_tcp_or_udp(port);
    policies.push_back(flat("NAT", {{"Protocol", port.protocol == "tcp" ? "TCP" : "UDP"},
                                    {"InternalPort", port.container_port},
                                    {"ExternalPort", port.host_port}}));
  }
  return policies;
}

Json of_endpoint_v2(const Addressing& addressing, const EndpointOptions& options) {
  Json policies = Json::array();
  for (const Json& configured : options.policies) append_v2(configured, policies);
  if (options.loopback_dsr) {
    for (const std::string& address : ipv4_addresses(addressing))
      policies.push_back(nested("OutBoundNAT", {{"Destinations", {address}}}));
  }
  for (const PortMapping& port : options.ports) append_port_v2(port, addressing, policies);
  return policies;
}

Json of_network_v1(const std::vector<Json>& configured) {
  Json policies = Json::array();
  for (const Json& each : configured) policies.push_back(flat(type_of(each), settings_of(each)));
  return policies;
}

NetworkPolicies of_network_v2(const std::vector<Json>& configured) {
  NetworkPolicies policies;
  for (const Json& each : configured) {
    const Json settings = settings_of(each);
    if (type_of(each) == "VLAN") {
      const Fields vlan(settings, "VLAN");
      const Json* id = vlan.has("vlan") ? vlan.find("vlan") : vlan.find("isolationId");
      policies.subnet.push_back(nested("VLAN", {{"IsolationId", id == nullptr ? Json() : *id}}));
    } else {
      policies.network.push_back(nested(type_of(each), settings));
    }
  }
  return policies;
}

}  // namespace azcni::network::policies
