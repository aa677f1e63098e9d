#pragma once

#include <string>

#include "azcni/net/netlink.h"
#include "host_config.h"
#include "links.h"

/// The NIC's way below a bridge and back.
namespace azcni::network::uplink {

/// The bridge with the NIC's MAC address and MTU, up; made if it is not there.
Link ensure_bridge(net::Netlink& netlink, const std::string& name, const std::string& nic_name,
                   const Link& nic);

/// Makes the NIC a port of the bridge and moves `config` to the latter: in one system call, so that
/// the host is without for microseconds, and not at all if we are killed.
void move_to_bridge(net::Netlink& netlink, const HostConfig& config, const std::string& nic_name,
                    const Link& nic, const Link& bridge);

/// The other way; the bridge goes. No error for what is as it should be already.
void give_back(net::Netlink& netlink, const HostConfig& config, const std::string& nic_name,
               const std::string& bridge_name);

}  // namespace azcni::network::uplink
