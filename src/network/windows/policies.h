#pragma once

#include <vector>

#include "azcni/network/endpoint.h"

/// Policies as configured (a Type and fields beside it, or within Settings) → as HNS takes them:
/// version 1 flat, version 2 with Settings. Pure functions.
namespace azcni::network::policies {

/// Of an endpoint: the configured ones in their order, loopback, then the ports. Throws
/// Error(kInvalidConfig) or Error(kUnsupportedField) for what HNS would refuse.
Json of_endpoint_v1(const Addressing& addressing, const EndpointOptions& options);
Json of_endpoint_v2(const Addressing& addressing, const EndpointOptions& options);

/// Of a network.
Json of_network_v1(const std::vector<Json>& configured);
/// Those that belong to the network itself, and those of its subnets (VLAN).
struct NetworkPolicies {
  Json network = Json::array();
  Json subnet = Json::array();
};
NetworkPolicies of_network_v2(const std::vector<Json>& configured);

}  // namespace azcni::network::policies
