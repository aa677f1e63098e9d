#pragma once

#include "azcni/network/endpoint.h"
#include "kernel.h"

namespace azcni::network {

/// What the kernel still has of an attachment that is on no record, or half made: found by its MAC
/// addresses, which are derived from its id.
Footprint find_remains(Kernel& kernel, const EndpointSpec& endpoint);

/// Elements that lead to containers, of all NICs.
Objects list_ways(Kernel& kernel);

/// Those of `ways` whose container is on no record; what a link leads to has an owner all the same.
Objects without_owners(const Objects& ways, const std::vector<EndpointRecord>& on_record);

}  // namespace azcni::network
