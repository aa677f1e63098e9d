#pragma once

#include <vector>

#include "azcni/network/backend.h"

/// What an administrator of a node would look at by hand, and what users were bitten by.
namespace azcni::network::diagnostics {

std::vector<Finding> diagnose(const std::vector<NetworkRecord>& networks,
                              const std::vector<EndpointRecord>& endpoints);

}  // namespace azcni::network::diagnostics
