#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "azcni/base/json.h"

/// What azure-vnet-ipam answers to its verbs `pools` and `leases`, and azure-vnet reads: the two
/// may be of different versions.
namespace azcni::cli {

/// The addresses of one NIC in one subnet, counted.
struct PoolReport {
  std::string interface;  ///< the NIC
  bool primary = false;   ///< the VM's first
  std::string subnet;     ///< a CIDR
  std::uint64_t total = 0, used = 0, free = 0;
  std::uint64_t resting = 0;    ///< of those that are free: released a moment ago
  std::uint64_t withdrawn = 0;  ///< in use, and no longer Azure's gift
  std::uint64_t taken = 0;      ///< of those that are free: in use on this node without a lease
  std::string taken_by = {};    ///< one of them, and what has it
  std::vector<std::string> blocks = {};  ///< CIDRs: Azure assigned these as wholes
};

/// What a source of addresses answered last.
struct QueryReport {
  std::string source;  ///< a URL or a file
  std::uint64_t seconds_ago = 0;
  std::string failure;  ///< empty: none
  std::string skipped;  ///< entries that can't be used; empty: none
};

/// The answer to `pools`.
struct PoolsReport {
  std::string version;  ///< of azure-vnet-ipam
  std::vector<PoolReport> pools;
  std::vector<QueryReport> queries;
};

/// An address in use; the answer to `leases` is a list of these.
struct LeaseReport {
  std::string address, subnet;
  std::string interface;  ///< of the pool
  std::string network;
  std::string container_id, if_name;  ///< of the owner
  std::string boot_id;
  std::uint64_t granted_at = 0;  ///< in microseconds since the boot
};

void to_json(Json& json, const PoolReport& pool);
void to_json(Json& json, const QueryReport& query);
void to_json(Json& json, const PoolsReport& report);
void to_json(Json& json, const LeaseReport& lease);

/// Of another version: what it does not tell is empty or 0, and what it tells besides is ignored.
/// Throw Error(kInvalidConfig) that names the field for what is of another type.
PoolsReport parse_pools_report(const Json& document);
std::vector<LeaseReport> parse_lease_reports(const Json& document);

/// In columns, a pool a row, and below them a line for each query.
std::string to_text(const PoolsReport& report);

}  // namespace azcni::cli
