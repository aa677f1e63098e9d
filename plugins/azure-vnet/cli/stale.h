#pragma once

#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// Why an attachment on record should not be so; empty if it is fine, or somebody is at work on it.
std::string problem_of(const network::EndpointRecord& record, const Context& context);

/// An address of azure-vnet-ipam's whose owner is on no record of ours.
struct UnrecordedLease {
  std::string address;
  std::string network;
  network::EndpointId owner;
  bool lives = false;  ///< its link is there: a record was lost, not a container
};

/// Throws Error(kDelegate) if azure-vnet-ipam can't be asked.
std::vector<UnrecordedLease> find_unrecorded_leases(const Context& context);

/// What is left of containers that are gone, in the networks of that folder's configurations; taken
/// away, by a GC, unless that is a dry run. What has its link stays, on record or not, and so does
/// what other verbs are at work on. Addresses whose owner has neither record nor link go back, too.
/// Throws Error(kInvalidConfig) if no
/// configuration has azure-vnet.
std::vector<network::EndpointRecord> collect_all_stale(Context& context,
                                                       const std::string& config_folder,
                                                       bool dry_run);

}  // namespace azcni::vnet
