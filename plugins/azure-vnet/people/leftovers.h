#pragma once

#include <string>
#include <vector>

#include "vnet.h"

namespace azcni::vnet {

/// Why an attachment on record should not be so; empty if it is fine, or somebody is at work on it.
std::string trouble_of(const network::EndpointRecord& record, const Host& host);

/// What is left of containers that are gone, in the networks of the node's configurations; taken
/// away, by a GC, unless that is a dry run. As with any GC, what other verbs are at work on stays,
/// and addresses that are on no record of ours go back, too. Throws Error(kInvalidConfig) if no
/// configuration has azure-vnet.
std::vector<network::EndpointRecord> collect_leftovers(Host& host, bool dry_run);

}  // namespace azcni::vnet
