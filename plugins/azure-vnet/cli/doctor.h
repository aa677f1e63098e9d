#pragma once

#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// What is wrong with the node: its configuration, the plugins, addresses, records, the kernel and
/// the host, worst first by the order of these. `config_folder`: of network configurations.
std::vector<network::Finding> diagnose(Context& context, const std::string& config_folder);

}  // namespace azcni::vnet
