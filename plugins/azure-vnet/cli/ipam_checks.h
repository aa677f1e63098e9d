#pragma once

#include <vector>

#include "azcni/cli/address_reports.h"
#include "azcni/network/backend.h"

namespace azcni::vnet {

/// The command that repairs an installation.
inline constexpr const char* kInstall = "install-cni-plugin.sh --package FILE";

/// What is wrong by azure-vnet-ipam's own account: its version, how it asked Azure, its pools.
/// Pure.
void check_ipam(const cli::PoolsReport& ipam, std::vector<network::Finding>& findings);

}  // namespace azcni::vnet
