#pragma once

#include <string>

#include "azcni/network/backend.h"

/// The documents that HNS makes networks and endpoints of. Pure functions.
namespace azcni::network::documents {

Json network_v1(const NetworkSpec& spec);
Json network_v2(const NetworkSpec& spec);

/// `network`: HNS's id of it.
Json endpoint_v1(const std::string& network, const EndpointSpec& endpoint,
                 const Addressing& addressing, const EndpointOptions& options);
Json endpoint_v2(const std::string& network, const EndpointSpec& endpoint,
                 const Addressing& addressing, const EndpointOptions& options);

/// A change to a namespace's endpoints: "Add" or "Remove".
Json namespace_request(const std::string& change, const std::string& endpoint);

}  // namespace azcni::network::documents
