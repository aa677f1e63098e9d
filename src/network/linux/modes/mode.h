#pragma once

#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// What a mode is: pure functions of what is on record. A mode is looked at nowhere else.
namespace azcni::network {

/// What is of the NIC while containers of any of its networks use it.
Footprint footprint_of(const NicRecord& nic, const std::vector<NetworkRecord>& on_it);
/// What is of the network, and of the node.
Footprint footprint_of(const NetworkRecord& network);
/// What is of the attachment; without addresses: its links. The mode is that in which it was
/// attached: the network may have another one by now.
Footprint footprint_of(const NetworkRecord& network, const EndpointRecord& endpoint);

/// The NIC becomes a port of a bridge that has the host's addresses.
bool has_bridge(Mode mode);
/// The link on which the host has its addresses.
const std::string& host_link_of(const NetworkSpec& spec);
/// Rules of ours are needed: a kernel without nf_tables can't have such a network.
bool needs_nf_tables(const NetworkSpec& spec);

}  // namespace azcni::network
