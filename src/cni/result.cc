#include "azcni/cni/result.h"

#include "azcni/cni/version.h"
#include "azcni/net/json.h"

namespace azcni::cni {
namespace {

Json to_json(const Dns& dns) {
  Json json = Json::object();
  if (!dns.nameservers.empty()) json["nameservers"] = dns.nameservers;
  if (!dns.domain.empty()) json["domain"] = dns.domain;
  if (!dns.search.empty()) json["search"] = dns.search;
  if (!dns.options.empty()) json["options"] = dns.options;
  return json;
}

Json to_json(const Route& route, std::string_view version) {
  Json json{{"dst", route.destination}};
  if (route.gateway) json["gw"] = *route.gateway;
  if (at_least(version, "1.1.0")) json.update(route.metrics);
  return json;
}

/// 0.1.0 and 0.2.0 know one address a family: the first, with the routes of its family.
Json first_of_family(const Result& result, net::Family family, std::string_view version) {
  Json json;
  for (const IpConfig& ip : result.ips) {
    if (ip.address.address.family() != family) continue;
    json["ip"] = ip.address;
    if (ip.gateway) json["gateway"] = *ip.gateway;
    break;
  }
  if (json.is_null()) return json;
  for (const Route& route : result.routes) {
    if (route.destination.address.family() == family)
      json["routes"].push_back(to_json(route, version));
  }
  return json;
}

Json interfaces_to_json(const Result& result, std::string_view version) {
  Json list = Json::array();
  for (const Interface& interface : result.interfaces) {
    Json json{{"name", interface.name}};
    if (interface.mac) json["mac"] = *interface.mac;
    if (!interface.sandbox.empty()) json["sandbox"] = interface.sandbox;
    if (at_least(version, "1.1.0")) {
      if (interface.mtu) json["mtu"] = *interface.mtu;
      if (!interface.socket_path.empty()) json["socketPath"] = interface.socket_path;
      if (!interface.pci_id.empty()) json["pciID"] = interface.pci_id;
    }
    list.push_back(json);
  }
  return list;
}

Json ips_to_json(const Result& result, bool with_version) {
  Json list = Json::array();
  for (const IpConfig& ip : result.ips) {
    Json json{{"address", ip.address}};
    if (with_version) json["version"] = ip.address.address.is_ipv4() ? "4" : "6";
    if (ip.gateway) json["gateway"] = *ip.gateway;
    if (ip.interface) json["interface"] = *ip.interface;
    list.push_back(json);
  }
  return list;
}

net::Prefix require_prefix(const Fields& fields, std::string_view key) {
  const auto prefix = net::parse_prefix(fields.text(key));
  if (!prefix) throw fields.expected(key, "an address with its prefix length");
  return *prefix;
}

std::optional<net::IpAddress> optional_ip(const Fields& fields, std::string_view key) {
  const std::string text = fields.text(key);
  if (text.empty()) return std::nullopt;
  const auto address = net::parse_ip(text);
  if (!address) throw fields.expected(key, "an IP address");
  return address;
}

void parse_interfaces(const Fields& fields, std::vector<Interface>& interfaces) {
  for (const Fields& interface : fields.objects("interfaces")) {
    interfaces.push_back({interface.text("name"), net::parse_mac(interface.text("mac")),
                          interface.text("sandbox"), interface.number("mtu"),
                          interface.text("socketPath"), interface.text("pciID")});
  }
}

}  // namespace

Json to_json(const Result& result, std::string_view version) {
  Json json{{"cniVersion", version}};
  if (at_least(version, "0.3.0")) {
    if (!result.interfaces.empty()) json["interfaces"] = interfaces_to_json(result, version);
    if (!result.ips.empty()) json["ips"] = ips_to_json(result, !at_least(version, "1.0.0"));
    for (const Route& route : result.routes) json["routes"].push_back(to_json(route, version));
  } else {
    const Json ip4 = first_of_family(result, net::Family::kIpv4, version);
    const Json ip6 = first_of_family(result, net::Family::kIpv6, version);
    if (!ip4.is_null()) json["ip4"] = ip4;
    if (!ip6.is_null()) json["ip6"] = ip6;
  }
  if (!result.dns.empty()) json["dns"] = to_json(result.dns);
  if (!result.nic.empty()) json[kNic] = result.nic;
  return json;
}

std::vector<Route> parse_routes(const Fields& owner) {
  std::vector<Route> routes;
  for (const Fields& route : owner.objects("routes")) {
    Route parsed{require_prefix(route, "dst").network(), optional_ip(route, "gw")};
    for (const auto& [key, value] : net::kRouteMetrics) parsed.metrics.*value = route.number(key);
    routes.push_back(parsed);
  }
  return routes;
}

Dns parse_dns(const Fields& dns) {
  return {dns.texts("nameservers"), dns.text("domain"), dns.texts("search"), dns.texts("options")};
}

Result parse_ipam_result(const Json& document, const std::string& path) {
  const Fields fields(document, path);
  Result result;
  const auto take_routes = [&](const Fields& owner) {
    for (const Route& route : parse_routes(owner)) result.routes.push_back(route);
  };
  for (const Fields& ip : fields.objects("ips"))
    result.ips.push_back({require_prefix(ip, "address"), optional_ip(ip, "gateway"), std::nullopt});
  for (const char* family : {"ip4", "ip6"}) {
    const auto ip = fields.object(family);
    if (!ip) continue;
    result.ips.push_back({require_prefix(*ip, "ip"), optional_ip(*ip, "gateway"), std::nullopt});
    take_routes(*ip);
  }
  take_routes(fields);
  if (const auto dns = fields.object("dns")) result.dns = parse_dns(*dns);
  result.nic = fields.text(kNic);
  return result;
}

Result parse_result(const Json& document, const std::string& path) {
  const Fields fields(document, path);
  Result result = parse_ipam_result(document, path);
  parse_interfaces(fields, result.interfaces);
  const std::vector<Fields> ips = fields.objects("ips");
  for (std::size_t i = 0; i < ips.size(); ++i) {
    const auto index = ips[i].number("interface");
    if (index && *index >= result.interfaces.size())
      throw ips[i].expected("interface", "an index into interfaces");
    result.ips[i].interface = index;
  }
  return result;
}

}  // namespace azcni::cni
