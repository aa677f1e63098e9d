#pragma once

#include "azcni/ipam/allocator.h"
#include "azcni/ipam/pool.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {

// What ADD chooses from, and STATUS: so both say the same.

/// The plugin that asks is ours, by the configuration's `type`.
bool is_for_azure_vnet(const cni::Request& request);

/// Without the address that the request may name: that is ADD's. A network of azure-vnet draws from
/// all NICs; that of another plugin stays on the one that it began with, since what such a plugin
/// sends leaves by one NIC.
ipam::AllocationRequest allocation_request(net::Family family, const Config& config,
                                           const cni::Request& request, const Context& context);

/// The pools of NICs that a container can send by. On a VM with several NICs, one that nobody
/// configured has no address of its own: azure-vnet routes by it, but has no address of the host to
/// masquerade with, and another plugin's containers would send by another NIC and be dropped there.
/// It is drawn from last. A caller that names `master` knows better. Of NICs that have an address
/// of each family, if there are such, those alone. Throws Error(kNoAddress) if none is left.
std::vector<ipam::Pool> usable(std::vector<ipam::Pool> pools, const cni::Request& request,
                               const Config& config, const Context& context);

}  // namespace azcni::vnet_ipam
