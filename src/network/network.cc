#include <stdexcept>

#include "azcni/net/interfaces.h"
#include "azcni/net/json.h"
#include "azcni/network/backend.h"

namespace azcni::network {

namespace {

/// Single addresses without a length, as versions have them that know no others.
std::vector<std::string> texts_of(const std::vector<net::Prefix>& networks) {
  std::vector<std::string> texts;
  for (const net::Prefix& each : networks) texts.push_back(net::network_text(each));
  return texts;
}

net::Prefix stored_network(const std::string& text) {
  if (const auto network = net::parse_network(text)) return *network;
  throw std::invalid_argument("no address or CIDR: " + text);
}

}  // namespace

std::string to_string(Mode mode) {
  switch (mode) {
    case Mode::kTransparent: return "transparent";
    case Mode::kBridge: return "bridge";
    case Mode::kTunnel: return "tunnel";
  }
  return "transparent";
}

bool has_bridge(Mode mode) { return mode != Mode::kTransparent; }

Mode stored_mode(const Json& record) {
  const auto text = record.at("mode").get<std::string>();
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge, Mode::kTunnel}) {
    if (text == to_string(mode)) return mode;
  }
  throw std::invalid_argument("no mode: " + text);
}

std::string find_master(const net::Prefix& subnet) {
  if (const auto found = net::find_interface_in(subnet)) return found->name;
  if (const auto found = net::find_default_interface()) return found->name;
  throw Error(ErrorCode::kNoMaster,
              "no interface of this host has an address in " + net::to_string(subnet) +
                  ", and there is no default route",
              "name the NIC in `master` of the configuration");
}

bool fits(const NetworkSpec& known, const NetworkSpec& wanted) {
  BridgeOptions bridge = wanted.bridge;
  if (bridge.name.empty()) bridge.name = known.bridge.name;
  return known.mode == wanted.mode && (wanted.master.empty() || known.master == wanted.master) &&
         (!has_bridge(wanted.mode) || known.bridge == bridge) && known.routing == wanted.routing &&
         known.guard == wanted.guard;
}

bool is_of(const EndpointRecord& endpoint, const NetworkRecord& network) {
  const std::string& nic = endpoint.placement.nic;
  return endpoint.spec.network == network.spec.name && (nic.empty() || nic == network.spec.master);
}

void to_json(Json& json, const NetworkRecord& record) {
  json = {{"name", record.spec.name},
          {"mode", to_string(record.spec.mode)},
          {"master", record.spec.master},
          {"bridge", record.spec.bridge.name},
          {"hairpin", record.spec.bridge.hairpin},
          {"viaHost", texts_of(record.spec.bridge.via_host)},
          {"mtu", record.mtu},
          {"ipForward", record.spec.routing.ip_forward},
          {"ipMasq", record.spec.routing.masquerade},
          {"vnet", record.spec.routing.vnet},
          {"forwardAccept", record.spec.routing.forward_accept},
          {"sourceGuard", record.spec.guard.sources},
          {"allowedAddresses", record.spec.guard.allowed},
          {"blockMetadata", !record.spec.guard.metadata},
          {"host", record.host},
          {"connectedAt", record.connected_at.count()}};
  if (record.has_nf_tables) json["nfTables"] = *record.has_nf_tables;
}

void from_json(const Json& json, NetworkRecord& record) {
  record.spec.name = json.at("name").get<std::string>();
  record.spec.master = json.at("master").get<std::string>();
  record.mtu = json.at("mtu").get<unsigned>();
  record.spec.bridge.name = json.at("bridge").get<std::string>();
  record.spec.bridge.hairpin = json.at("hairpin").get<bool>();
  for (const auto& text : json.at("viaHost").get<std::vector<std::string>>())
    record.spec.bridge.via_host.push_back(stored_network(text));
  record.host = json.at("host");
  // These came later: a record may be older.
  record.spec.routing.ip_forward = json.value("ipForward", true);
  record.spec.routing.masquerade = json.value("ipMasq", false);
  record.spec.routing.vnet = json.value("vnet", std::vector<net::Prefix>{});
  record.spec.routing.forward_accept = json.value("forwardAccept", false);
  if (json.contains("nfTables")) record.has_nf_tables = json.at("nfTables").get<bool>();
  record.spec.guard = {json.value("sourceGuard", true),
                       json.value("allowedAddresses", std::vector<net::Prefix>{}),
                       !json.value("blockMetadata", false)};
  record.connected_at = std::chrono::microseconds(json.value("connectedAt", std::int64_t{0}));
  record.spec.mode = stored_mode(json);
}

void to_json(Json& json, const HostNic& nic) {
  json = {{"link", nic.link},
          {"mac", nic.mac},
          {"index", nic.index},
          {"isDefault", nic.is_default},
          {"addresses", nic.addresses}};
}

void from_json(const Json& json, HostNic& nic) {
  nic = {json.at("link").get<std::string>(), json.at("mac").get<net::MacAddress>(),
         json.at("index").get<unsigned>(), json.at("isDefault").get<bool>(),
         json.at("addresses").get<std::vector<net::Prefix>>()};
}

void to_json(Json& json, const NicRecord& record) {
  json = {{"name", record.name},     {"mac", record.mac},
          {"number", record.number}, {"mtu", record.mtu},
          {"bridge", record.bridge}, {"hostAddresses", record.host_addresses},
          {"before", record.before}};
  json["subnets"] = record.subnets;
  json["hostNics"] = record.host_nics;
  json["nfTables"] = record.has_nf_tables;
  json["table"] = record.table;
}

void from_json(const Json& json, NicRecord& record) {
  record = {json.at("name").get<std::string>(),
            json.at("mac").get<net::MacAddress>(),
            json.at("number").get<unsigned>(),
            json.at("mtu").get<unsigned>(),
            json.at("bridge").get<std::string>(),
            json.at("hostAddresses").get<std::vector<net::IpAddress>>(),
            json.at("before")};
  // These came later: a record may be older.
  record.subnets = json.value("subnets", std::vector<net::Prefix>{});
  record.host_nics = json.value("hostNics", std::vector<HostNic>{});
  record.has_nf_tables = json.value("nfTables", false);
  record.table = json.value("table", 0U);
}

Placement placement_of(const NicRecord& nic, const NetworkRecord& network) {
  return {network.spec.mode, network.spec.master,
          nic.number,        has_bridge(network.spec.mode) ? network.spec.bridge.name : "",
          nic.mtu,           has_bridge(network.spec.mode) ? 0 : nic.table};
}

}  // namespace azcni::network
