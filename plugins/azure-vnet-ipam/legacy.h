#pragma once

#include <vector>

#include "azcni/base/json.h"
#include "azcni/ipam/pool.h"

/// The state of the Go plugin, of /var/run/azure-vnet-ipam.json.
namespace azcni::vnet_ipam {

/// True if the document is such a state.
bool is_legacy(const Json& document);

/// The addresses in use. Their owners have no interface's name, and no container's where the state
/// names none.
std::vector<ipam::Lease> legacy_leases(const Json& state);

}  // namespace azcni::vnet_ipam
