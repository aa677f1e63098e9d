#include "azcni/net/json.h"

#include <stdexcept>

namespace azcni::net {
namespace {

template <typename T>
T require(const std::optional<T>& parsed, const std::string& what, const Json& json) {
  if (!parsed) throw std::invalid_argument("no " + what + ": " + json.dump());
  return *parsed;
}

}  // namespace

void to_json(Json& json, const IpAddress& address) { json = to_string(address); }
void to_json(Json& json, const Prefix& prefix) { json = to_string(prefix); }
void to_json(Json& json, const MacAddress& mac) { json = to_string(mac); }

void from_json(const Json& json, IpAddress& address) {
  address = require(parse_ip(json.get<std::string>()), "IP address", json);
}

void from_json(const Json& json, Prefix& prefix) {
  prefix = require(parse_prefix(json.get<std::string>()), "prefix", json);
}

void from_json(const Json& json, MacAddress& mac) {
  mac = require(parse_mac(json.get<std::string>()), "MAC address", json);
}

void to_json(Json& json, const RouteMetrics& metrics) {
  json = Json::object();
  for (const auto& [key, value] : kRouteMetrics) {
    if (metrics.*value) json[key] = *(metrics.*value);
  }
}

void from_json(const Json& json, RouteMetrics& metrics) {
  for (const auto& [key, value] : kRouteMetrics) {
    if (json.contains(key)) metrics.*value = json.at(key).get<std::uint32_t>();
  }
}

}  // namespace azcni::net
