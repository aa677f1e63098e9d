#pragma once

#include <vector>

#include "azcni/network/backend.h"

/// What an administrator of a node would look at by hand, and what users were bitten by.
namespace azcni::network::examination {

std::vector<Finding> examine(const std::vector<NetworkRecord>& networks,
                             const std::vector<EndpointRecord>& endpoints);

}  // namespace azcni::network::examination
