#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "azcni/ipam/allocator.h"
#include "azcni/ipam/metadata.h"
#include "azcni/ipam/pool.h"
#include "azcni/net/interfaces.h"
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

/// Who is asked for the node's addresses, and the NICs that they may be of.
struct MetadataSource {
  std::string name;  ///< the URL or the file
  /// Throws Error(kMetadata), after this limit at the latest.
  std::function<ipam::Metadata(std::chrono::milliseconds limit)> fetch;
  std::function<std::vector<net::Interface>()> list_nics;
};

/// The one that is configured.
MetadataSource metadata_source(const Config& config);

/// Time since the boot.
using Clock = std::function<std::chrono::microseconds()>;

/// The pools, brought up to date if it is time: at most one query per queryInterval on the node, by
/// one process, with no lock of the store held.
class Refresh {
 public:
  /// Configuration and context must outlive it.
  Refresh(const Config& config, MetadataSource source, Context& context, Clock now = store::uptime);

  /// Where the pools can serve `wanted` as they are, nobody waits for a query that somebody else
  /// makes, one's own is given up after a moment, and its failure is a warning. Where there are no
  /// pools, its failure is the caller's: throws Error(kMetadata).
  std::vector<ipam::Pool> current_pools(const ipam::AllocationRequest& wanted);

  /// The same for a caller who asks each second: an interval in which a query failed passes without
  /// another.
  std::vector<ipam::Pool> polled_pools(const ipam::AllocationRequest& wanted);

 private:
  /// As they are known, without what the configuration keeps out.
  std::vector<ipam::Pool> pools() const;
  std::optional<Query> last_query() const { return queries_.find(source_.name); }
  bool is_recent(const std::optional<Query>& last) const;
  void query(std::chrono::milliseconds limit);
  void query_or_fail();
  std::vector<ipam::Pool> query_in_passing(const std::vector<ipam::Pool>& known,
                                           const ipam::AllocationRequest& wanted);

  const Config& config_;
  const MetadataSource source_;
  Context& context_;
  const Clock now_;
  const store::Records<Query> queries_;
  const std::string lock_file_;  ///< held by who makes a query
};

}  // namespace azcni::vnet_ipam
