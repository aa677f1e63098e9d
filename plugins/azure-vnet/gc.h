#pragma once

#include <vector>

#include "azcni/cni/request.h"
#include "context.h"

namespace azcni::vnet {

/// Detaches what an earlier GC of this network noted as unnamed, once it is older than any list of
/// that GC's time can be. Throws nothing: it is not the caller's business.
void collect_unnamed(const cni::Request& request, Context& context);

/// Detaches what is stale of this network, each with its lease.
void collect_stale(const cni::Request& request, Context& context);

/// What is on record of this network and not on the GC's list.
std::vector<network::EndpointRecord> find_stale(const cni::Request& request,
                                                const Context& context);

}  // namespace azcni::vnet
