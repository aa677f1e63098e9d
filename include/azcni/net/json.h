#pragma once

#include "azcni/base/json.h"
#include "azcni/net/address.h"
#include "azcni/net/route_metrics.h"

/// Addresses in JSON are texts, as to_string() has them; with these functions Json takes and gives
/// them by itself, and lists of them, too: json.get<std::vector<net::Prefix>>(). Another text is
/// refused by std::invalid_argument that names it, what is no text by Json::exception: in a record,
/// either is damage, which the store handles.
namespace azcni::net {

void to_json(Json& json, const IpAddress& address);
void from_json(const Json& json, IpAddress& address);
void to_json(Json& json, const Prefix& prefix);
void from_json(const Json& json, Prefix& prefix);
void to_json(Json& json, const MacAddress& mac);
void from_json(const Json& json, MacAddress& mac);

/// An object with a key for each number that there is.
void to_json(Json& json, const RouteMetrics& metrics);
void from_json(const Json& json, RouteMetrics& metrics);

/// One CIDR, several separated by commas, or a list of them; masked. Throws Error(kInvalidConfig).
std::vector<Prefix> parse_cidrs(const Fields& fields, std::string_view key);

}  // namespace azcni::net
