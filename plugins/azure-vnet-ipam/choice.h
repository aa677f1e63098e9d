#pragma once

#include "azcni/ipam/allocator.h"
#include "azcni/ipam/pool.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {

// What ADD chooses from, and STATUS: so both say the same.

/// Without the address that the request may name: that is ADD's.
ipam::AllocationRequest allocation_request(net::Family family, const Config& config,
                                           const cni::Request& request, const Context& context);

/// The pools of NICs that the host can send by. On a VM with several NICs, one that nobody
/// configured has no address of its own: what its addresses send would leave by another NIC, and be
/// dropped there. A caller that names `master` knows better. Throws Error(kNoAddress) if none is
/// left.
std::vector<ipam::Pool> usable(const std::vector<ipam::Pool>& pools, const Config& config);

}  // namespace azcni::vnet_ipam
