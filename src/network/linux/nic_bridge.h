#pragma once

#include <optional>
#include <string>

#include "azcni/base/error.h"
#include "azcni/net/netlink.h"
#include "azcni/network/backend.h"
#include "links.h"

/// Which bridge a NIC becomes a port of, and whose that is.
namespace azcni::network::nic_bridge {

/// The one that the NIC is a port of, whoever put it there; else the configured one, else
/// azure<index of the NIC>, as with the Go plugins. Nothing is changed. Throws kInvalidConfig if
/// the configured one is no bridge, or somebody's; kNoMaster if the NIC is below something else.
/// `known`: the bridge that the NIC was a port of may have it again.
std::string choose(net::Netlink& netlink, const NetworkSpec& spec, const Link& nic,
                   const std::optional<NetworkRecord>& known);

/// As choose(), where the NIC is not known yet: throws what can be told without it.
void require_possible(net::Netlink& netlink, const NetworkSpec& spec);

/// True if it was made by us or by the Go plugins: then it goes with the NIC's last network.
bool is_ours(const std::string& name, const Link& bridge);

/// Throws if there is a port that is neither the NIC nor a container's.
void require_no_other_port(const std::string& name, const Link& bridge, const std::string& nic,
                           ErrorCode code, const std::string& details);

}  // namespace azcni::network::nic_bridge
