#pragma once

#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// What is wrong with the node: its configuration, the plugins, addresses, records, the kernel and
/// the host, worst first by the order of these.
std::vector<network::Finding> diagnose(Context& context);

}  // namespace azcni::vnet
