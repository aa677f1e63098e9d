#pragma once

#include <cstdint>
#include <optional>

namespace azcni::net {

/// What a route may have beside its destination and next hop: numbers of rtnetlink(7). Nothing: the
/// kernel's choice.
struct RouteMetrics {
  std::optional<std::uint32_t> mtu = {};
  std::optional<std::uint32_t> advmss = {};
  std::optional<std::uint32_t> priority = {};
  std::optional<std::uint32_t> table = {};
  std::optional<std::uint32_t> scope = {};

  bool operator==(const RouteMetrics&) const = default;
};

/// One of them, and its key in results (of version 1.1.0 and later) and in records.
struct RouteMetric {
  const char* key;
  std::optional<std::uint32_t> RouteMetrics::*value;
};

inline constexpr RouteMetric kRouteMetrics[] = {{"mtu", &RouteMetrics::mtu},
                                                {"advmss", &RouteMetrics::advmss},
                                                {"priority", &RouteMetrics::priority},
                                                {"table", &RouteMetrics::table},
                                                {"scope", &RouteMetrics::scope}};

}  // namespace azcni::net
