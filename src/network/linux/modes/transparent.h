#pragma once

#include "azcni/network/backend.h"
#include "footprint.h"

/// Mode transparent: the host routes. No bridge, and the NIC stays as it is; each container is a
/// host route to its link, on which nobody but the host is. Nothing is asked by ARP.
namespace azcni::network::transparent {

Footprint footprint_of(const NicRecord& nic);
Footprint footprint_of(const NetworkRecord& network);
Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint);

}  // namespace azcni::network::transparent
