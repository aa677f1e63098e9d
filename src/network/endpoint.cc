#include "azcni/network/endpoint.h"

#include <algorithm>

#include "azcni/net/json.h"
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

/// A key whose list is empty is left out.
template <typename T>
void put_unless_empty(Json& json, const char* key, const std::vector<T>& list) {
  if (!list.empty()) json[key] = list;
}

}  // namespace

net::MacAddress host_mac(const EndpointId& id) { return derived_mac(0xaa, id, "host"); }
net::MacAddress container_mac(const EndpointId& id) { return derived_mac(0xae, id, "container"); }

unsigned mtu_of(const EndpointRecord& endpoint) {
  const unsigned of_nic = endpoint.placement.mtu;
  return endpoint.options.mtu == 0 ? of_nic : std::min(endpoint.options.mtu, of_nic);
}

void to_json(Json& json, const EndpointRoute& route) {
  json = route.metrics;
  json["destination"] = route.destination;
}

void from_json(const Json& json, EndpointRoute& route) {
  route = {json.at("destination").get<net::Prefix>(), json.get<net::RouteMetrics>()};
}

void to_json(Json& json, const PortMapping& port) {
  json = {{"hostPort", port.host_port},
          {"containerPort", port.container_port},
          {"protocol", port.protocol},
          {"hostIP", port.host_ip}};
}

void from_json(const Json& json, PortMapping& port) {
  port = {json.at("hostPort").get<std::uint16_t>(), json.at("containerPort").get<std::uint16_t>(),
          json.at("protocol").get<std::string>(), json.at("hostIP").get<std::string>()};
}

void to_json(Json& json, const EndpointInterface& interface) {
  json = {{"name", interface.name}, {"sandbox", interface.sandbox}, {"mtu", interface.mtu}};
  if (interface.mac) json["mac"] = *interface.mac;
}

void from_json(const Json& json, EndpointInterface& interface) {
  interface.name = json.at("name").get<std::string>();
  interface.sandbox = json.at("sandbox").get<std::string>();
  interface.mtu = json.at("mtu").get<unsigned>();
  if (json.contains("mac")) interface.mac = json.at("mac").get<net::MacAddress>();
}

void to_json(Json& json, const Rate& rate) {
  json = {{"bitsPerSecond", rate.bits_per_second}, {"burstBits", rate.burst_bits}};
}

void from_json(const Json& json, Rate& rate) {
  rate = {json.at("bitsPerSecond").get<std::uint64_t>(), json.at("burstBits").get<std::uint64_t>()};
}

void to_json(Json& json, const Placement& placement) {
  json = {{"mode", to_string(placement.mode)},
          {"nic", placement.nic},
          {"nicNumber", placement.nic_number},
          {"bridge", placement.bridge},
          {"mtu", placement.mtu}};
  if (placement.table != 0) json["table"] = placement.table;
}

void from_json(const Json& json, Placement& placement) {
  placement = {stored_mode(json),
               json.at("nic").get<std::string>(),
               json.at("nicNumber").get<unsigned>(),
               json.at("bridge").get<std::string>(),
               json.at("mtu").get<unsigned>(),
               json.value("table", 0U)};
}

void to_json(Json& json, const Pod& pod) {
  json = {{"namespace", pod.name_space}, {"name", pod.name}, {"uid", pod.uid}};
}

void from_json(const Json& json, Pod& pod) {
  pod = {json.at("namespace").get<std::string>(), json.at("name").get<std::string>(),
         json.at("uid").get<std::string>()};
}

void to_json(Json& json, const EndpointRecord& record) {
  const Addressing& addressing = record.addressing;
  json = {{"containerId", record.spec.id.container_id},
          {"ifName", record.spec.id.if_name},
          {"network", record.spec.network},
          {"sandbox", record.spec.sandbox},
          {"hostIf", record.spec.host_if},
          {"hostMac", record.spec.host_mac},
          {"containerMac", record.spec.container_mac},
          {"complete", record.complete},
          {"legacy", record.legacy},
          {"writtenAt", record.written_at.count()},
          {"addresses", addressing.addresses},
          {"dns",
           {{"servers", addressing.dns.servers},
            {"search", addressing.dns.search},
            {"options", addressing.dns.options}}}};
  put_unless_empty(json, "gateways", addressing.gateways);
  put_unless_empty(json, "routes", addressing.routes);
  put_unless_empty(json, "interfaces", record.interfaces);
  put_unless_empty(json, "ports", record.options.ports);
  put_unless_empty(json, "policies", record.options.policies);
  if (record.options.loopback_dsr) json["loopbackDsr"] = true;
  if (record.options.mtu != 0) json["mtu"] = record.options.mtu;
  for (const auto& [key, rate] : {std::pair{"toContainer", record.options.to_container},
                                  std::pair{"fromContainer", record.options.from_container}}) {
    if (rate.bits_per_second != 0) json["limits"][key] = rate;
  }
  if (record.rebuilt) json["rebuilt"] = true;
  if (!record.placement.nic.empty()) json["placement"] = record.placement;
  if (!record.pod.name.empty()) json["pod"] = record.pod;
}

void from_json(const Json& json, EndpointRecord& record) {
  EndpointSpec& spec = record.spec;
  spec.id = {json.at("containerId").get<std::string>(), json.at("ifName").get<std::string>()};
  spec.network = json.at("network").get<std::string>();
  spec.sandbox = json.at("sandbox").get<std::string>();
  spec.host_if = json.at("hostIf").get<std::string>();
  spec.host_mac = json.at("hostMac").get<net::MacAddress>();
  spec.container_mac = json.at("containerMac").get<net::MacAddress>();
  record.complete = json.at("complete").get<bool>();
  record.legacy = json.at("legacy").get<bool>();
  record.written_at = std::chrono::microseconds(json.value("writtenAt", std::int64_t{0}));
  Addressing& addressing = record.addressing;
  addressing.addresses = json.at("addresses").get<std::vector<net::Prefix>>();
  addressing.gateways = json.value("gateways", std::vector<net::IpAddress>{});
  addressing.routes = json.value("routes", std::vector<EndpointRoute>{});
  if (json.contains("dns")) {
    const Json& dns = json.at("dns");
    addressing.dns = {dns.at("servers"), dns.at("search"), dns.at("options")};
  }
  record.interfaces = json.value("interfaces", std::vector<EndpointInterface>{});
  EndpointOptions& options = record.options;
  options.ports = json.value("ports", std::vector<PortMapping>{});
  options.policies = json.value("policies", std::vector<Json>{});
  options.loopback_dsr = json.value("loopbackDsr", false);
  options.mtu = json.value("mtu", 0U);
  const Json limits = json.value("limits", Json::object());
  options.to_container = limits.value("toContainer", Rate{});
  options.from_container = limits.value("fromContainer", Rate{});
  record.placement = json.value("placement", Placement{});
  record.pod = json.value("pod", Pod{});
  record.rebuilt = json.value("rebuilt", false);
}

}  // namespace azcni::network
