#pragma once

#include <string>
#include <vector>

#include "runtime_config.h"

namespace azcni::vnet {

/// What is wrong between azure-vnet and the other plugins of its list, drop-ins included: what two
/// of them would do, what undoes ours, and versions that one does not speak. Plugins that are
/// beside us are asked for theirs.
std::vector<std::string> complaints_of_neighbours(const NodeConfig& config);

}  // namespace azcni::vnet
