#pragma once

#include "azcni/base/undo_stack.h"
#include "azcni/network/backend.h"
#include "kernel.h"

/// A NIC, as networks need it: as it is, or below a bridge that has the host's addresses.
namespace azcni::network {

/// Sees what the NIC is, and moves it below its bridge where the mode wants that. `undo` gets the
/// inverses.
NicRecord connect_nic(Kernel& kernel, const NetworkSpec& spec,
                      const std::optional<NetworkRecord>& known, const NicState& on_nic,
                      UndoStack& undo);

/// Once the rules are there: waits until packets pass, and completes the record with what the host
/// has configured.
void finish_nic(Kernel& kernel, NicRecord& nic);

/// Removes the rules; gives the NIC back its configuration and removes the bridge, if that is ours.
/// Throws kAlreadyAttached if it has ports of others by now.
void give_nic_back(Kernel& kernel, const NicRecord& nic);

/// For every ADD: networkd or NetworkManager may have been started since the NIC moved, or was told
/// by a former version in a file that it can't read.
void keep_managers_away(Kernel& kernel, const NetworkRecord& network);

/// Of a version that kept no record of NICs: what its networks tell.
NicRecord record_of_before(const NicState& on_nic);

}  // namespace azcni::network
