#pragma once

#include <string>

#include "azcni/base/undo_stack.h"
#include "azcni/net/netlink.h"
#include "host_config.h"
#include "links.h"

/// The NIC's way below a bridge and back. The kernel works through all the messages of one system
/// call, whoever is killed and whatever it refuses. So each way is one call, and before it there is
/// a rehearsal: one that adds all of it where it is to go, and takes it away again.
namespace azcni::network::uplink {

/// Makes the NIC a port of the bridge, and moves to that what the host has on the NIC; or `lost`,
/// if there is nothing on either; leases without their end. The bridge is made, with the NIC's MAC
/// address and MTU, if it is not there. `undo` gets the inverses: by them the host is as it was,
/// also where the bridge was there. Returns the bridge.
Link to_bridge(net::Netlink& netlink, const std::string& nic, const std::string& bridge,
               const HostConfig& lost, UndoStack& undo);

/// The other way; the bridge goes. No error for what is as it should be already.
void to_nic(net::Netlink& netlink, const std::string& nic, const std::string& bridge);

}  // namespace azcni::network::uplink
