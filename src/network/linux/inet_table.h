#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// What leaves the VNET has the host's address: one table "inet azure_vnet_<network>" for each
/// network that wants it, beside whatever iptables, firewalld and kube-proxy have in theirs; a
/// constant number of rules, and an element for each container.
namespace azcni::network::inet_table {

nft::Ruleset ruleset_of(const NetworkSpec& network);
nft::Table table_of(const std::string& network);

Objects elements_of(const EndpointRecord& endpoint);
/// Where older versions had the ports of its host.
Objects former_elements_of(const EndpointRecord& endpoint);

/// The VNET (where none is named, all private networks), Azure's wireserver, and groups.
std::vector<net::Prefix> masquerade_exceptions(const HostRouting& routing);

/// What may go past the host's IP stack: of several networks, what none of those that masquerade a
/// family wants to see. The packets of the others only make a detour by the host.
std::vector<net::Prefix> unseen_by_all(const std::vector<NetworkRecord>& networks);

}  // namespace azcni::network::inet_table
