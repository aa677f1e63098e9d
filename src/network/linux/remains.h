#pragma once

#include "azcni/network/endpoint.h"
#include "kernel.h"

namespace azcni::network {

/// What the kernel still has of an attachment that is on no record, or half made: found by its MAC
/// addresses, which are derived from its id.
Footprint find_remains(Kernel& kernel, const EndpointSpec& endpoint);

}  // namespace azcni::network
