#include "azcni/network/endpoint.h"

#include <stdexcept>

#include "sha1.h"

namespace azcni::network {
namespace {

/// `first` must be even (no multicast) with its second bit set (locally administered).
net::MacAddress derived_mac(std::uint8_t first, const EndpointId& id, const std::string& end) {
  const auto digest = sha1(id.key() + " " + end);
  net::MacAddress mac;
  mac.bytes[0] = first;
  for (std::size_t i = 1; i < mac.bytes.size(); ++i) mac.bytes[i] = digest[i];
  return mac;
}

net::MacAddress stored_mac(const Json& json) {
  const auto mac = net::parse_mac(json.get<std::string>());
  if (!mac) throw std::invalid_argument("no MAC address: " + json.dump());
  return *mac;
}

Json interface_to_json(const EndpointInterface& interface) {
  Json json{{"name", interface.name}, {"sandbox", interface.sandbox}, {"mtu", interface.mtu}};
  if (interface.mac) json["mac"] = net::to_string(*interface.mac);
  return json;
}

EndpointInterface interface_from_json(const Json& json) {
  EndpointInterface interface {
    json.at("name").get<std::string>(), std::nullopt, json.at("sandbox").get<std::string>(),
        json.at("mtu").get<unsigned>()
  };
  if (json.contains("mac")) interface.mac = stored_mac(json.at("mac"));
  return interface;
}

net::Prefix stored_prefix(const Json& json) {
  const auto prefix = net::parse_prefix(json.get<std::string>());
  if (!prefix) throw std::invalid_argument("no address: " + json.dump());
  return *prefix;
}

struct RouteNumber {
  const char* key;
  std::optional<std::uint32_t> EndpointRoute::*value;
};
constexpr RouteNumber kRouteNumbers[] = {{"mtu", &EndpointRoute::mtu},
                                         {"advmss", &EndpointRoute::advmss},
                                         {"priority", &EndpointRoute::priority},
                                         {"table", &EndpointRoute::table},
                                         {"scope", &EndpointRoute::scope}};

Json route_to_json(const EndpointRoute& route) {
  Json json{{"destination", net::to_string(route.destination)}};
  for (const auto& [key, value] : kRouteNumbers) {
    if (route.*value) json[key] = *(route.*value);
  }
  return json;
}

EndpointRoute route_from_json(const Json& json) {
  EndpointRoute route{stored_prefix(json.at("destination"))};
  for (const auto& [key, value] : kRouteNumbers) {
    if (json.contains(key)) route.*value = json.at(key).get<std::uint32_t>();
  }
  return route;
}

}  // namespace

net::MacAddress host_mac(const EndpointId& id) { return derived_mac(0xaa, id, "host"); }
net::MacAddress container_mac(const EndpointId& id) { return derived_mac(0xae, id, "container"); }

void to_json(Json& json, const EndpointRecord& record) {
  json = {{"containerId", record.spec.id.container_id},
          {"ifName", record.spec.id.if_name},
          {"network", record.spec.network},
          {"sandbox", record.spec.sandbox},
          {"hostIf", record.spec.host_if},
          {"hostMac", net::to_string(record.spec.host_mac)},
          {"containerMac", net::to_string(record.spec.container_mac)},
          {"complete", record.complete},
          {"legacy", record.legacy},
          {"writtenAt", record.written_at.count()},
          {"addresses", Json::array()}};
  const Addressing& addressing = record.addressing;
  for (const net::Prefix& address : addressing.addresses)
    json["addresses"].push_back(net::to_string(address));
  for (const net::IpAddress& gateway : addressing.gateways)
    json["gateways"].push_back(net::to_string(gateway));
  for (const EndpointRoute& route : addressing.routes)
    json["routes"].push_back(route_to_json(route));
  json["dns"] = {{"servers", addressing.dns.servers},
                 {"search", addressing.dns.search},
                 {"options", addressing.dns.options}};
  for (const EndpointInterface& interface : record.interfaces)
    json["interfaces"].push_back(interface_to_json(interface));
  for (const PortMapping& port : record.ports) {
    json["ports"].push_back({{"hostPort", port.host_port},
                             {"containerPort", port.container_port},
                             {"protocol", port.protocol},
                             {"hostIP", port.host_ip}});
  }
}

void from_json(const Json& json, EndpointRecord& record) {
  EndpointSpec& spec = record.spec;
  spec.id = {json.at("containerId").get<std::string>(), json.at("ifName").get<std::string>()};
  spec.network = json.at("network").get<std::string>();
  spec.sandbox = json.at("sandbox").get<std::string>();
  spec.host_if = json.at("hostIf").get<std::string>();
  spec.host_mac = stored_mac(json.at("hostMac"));
  spec.container_mac = stored_mac(json.at("containerMac"));
  record.complete = json.at("complete").get<bool>();
  record.legacy = json.at("legacy").get<bool>();
  record.written_at = std::chrono::microseconds(json.value("writtenAt", std::int64_t{0}));
  Addressing& addressing = record.addressing;
  for (const Json& text : json.at("addresses")) addressing.addresses.push_back(stored_prefix(text));
  for (const Json& text : json.value("gateways", Json::array())) {
    const auto gateway = net::parse_ip(text.get<std::string>());
    if (!gateway) throw std::invalid_argument("no address: " + text.dump());
    addressing.gateways.push_back(*gateway);
  }
  for (const Json& route : json.value("routes", Json::array()))
    addressing.routes.push_back(route_from_json(route));
  if (json.contains("dns")) {
    const Json& dns = json.at("dns");
    addressing.dns = {dns.at("servers"), dns.at("search"), dns.at("options")};
  }
  for (const Json& interface : json.value("interfaces", Json::array()))
    record.interfaces.push_back(interface_from_json(interface));
  for (const Json& port : json.value("ports", Json::array())) {
    record.ports.push_back(
        {port.at("hostPort").get<std::uint16_t>(), port.at("containerPort").get<std::uint16_t>(),
         port.at("protocol").get<std::string>(), port.at("hostIP").get<std::string>()});
  }
}

}  // namespace azcni::network
