#pragma once

#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// Modes bridge and tunnel: the NIC is a port of a bridge, beside the containers, and the host's
/// addresses are on the bridge. In tunnel mode what containers of one VM send to each other goes
/// through the fabric, in bridge mode it does not.
namespace azcni::network::bridged {

Footprint footprint_of(const NicRecord& nic, const std::vector<NetworkRecord>& on_it);
Footprint footprint_of(const NetworkRecord& network);
Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint);

}  // namespace azcni::network::bridged
