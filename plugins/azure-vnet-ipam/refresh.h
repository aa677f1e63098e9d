#pragma once

#include "azcni/ipam/allocator.h"
#include "azcni/ipam/pool.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {

/// The last query of a source (a URL or a file): when, and what went wrong.
struct Query {
  std::chrono::microseconds at{0};  ///< since the boot
  std::string failure;              ///< empty: nothing
  std::string skipped;              ///< of the answer; empty: nothing
};

void to_json(Json& json, const Query& query);
void from_json(const Json& json, Query& query);

/// By source.
store::Records<Query> queries_of(const Context& context);

/// The pools, brought up to date if it is time: at most one query per queryInterval on the node, by
/// one process, with no lock of the store held.
///
/// Where the pools can serve `wanted` as they are, nobody waits for a query that somebody else
/// makes, one's own is given up after a moment, and its failure is a warning. Where there are no
/// pools, its failure is the caller's: throws Error(kMetadata).
std::vector<ipam::Pool> current_pools(const Config& config, const ipam::AllocationRequest& wanted,
                                      Context& context);

/// The same for a caller who asks each second: an interval in which a query failed passes without
/// another.
std::vector<ipam::Pool> polled_pools(const Config& config, const ipam::AllocationRequest& wanted,
                                     Context& context);

}  // namespace azcni::vnet_ipam
