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

/// What a network can't be made without.
struct Needs {
  bool bridge = false;    ///< that has the host's addresses, and the NIC for a port
  std::string nf_tables;  ///< what of it has rules there; empty: no part
};
Needs needs_of(const NetworkSpec& spec);

/// The bridge of a network that was made; empty: it has none.
std::string bridge_of(const NetworkSpec& spec);
/// The link on which the host has its addresses.
const std::string& host_link_of(const NetworkSpec& spec);

}  // namespace azcni::network
