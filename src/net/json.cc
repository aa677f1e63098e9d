#include "azcni/net/json.h"

#include <algorithm>
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

std::vector<Prefix> parse_cidrs(const Fields& fields, std::string_view key) {
  const Json* value = fields.find(key);
  if (value == nullptr) return {};
  std::vector<std::string> texts;
  if (value->is_string()) {
    const std::string all = value->get<std::string>();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find(',', begin), all.size());
      texts.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
  } else {
    texts = fields.texts(key);
  }
  std::vector<Prefix> prefixes;
  for (const std::string& text : texts) {
    const auto prefix = parse_prefix(text);
    if (!prefix) throw fields.expected(key, "CIDRs");
    prefixes.push_back(prefix->network());
  }
  return prefixes;
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
