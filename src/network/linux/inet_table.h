#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// What the host's IP stack does for the containers of a network: masquerading of what leaves the
/// VNET, and ports of the host that lead to containers. One table "inet azure_vnet_<network>" of
/// our own, beside whatever iptables, firewalld and kube-proxy have in theirs: a constant number of
/// rules, and elements of maps for each container.
namespace azcni::network::inet_table {

/// What the table of a network is made of.
struct Facts {
  std::string network;
  /// What containers answer passes the host's IP stack by itself; else only what the host asked.
  bool answers_pass_host = true;
  /// Containers' answers to each other leave by the NIC: Services need the host's address.
  bool masquerade_services = false;
  /// What is never masqueraded; a family of which there is none is not masqueraded at all.
  std::vector<net::Prefix> exceptions = {};
};

nft::Ruleset ruleset_of(const Facts& facts);
nft::Table table_of(const std::string& network);

/// The container, and its ports, which lead to its first address of a family.
Objects elements_of(const std::string& network, const std::vector<net::Prefix>& addresses,
                    const net::MacAddress& container, const std::vector<PortMapping>& ports);

/// What the tables have of the container with this MAC address, in whichever network.
Objects find_elements(net::Netlink& nft, const std::vector<nft::Table>& tables,
                      const net::MacAddress& container);

/// The VNET (where none is named, all private networks), Azure's wireserver, and groups.
std::vector<net::Prefix> masquerade_exceptions(const HostRouting& routing);

/// What may go past the host's IP stack: of several networks, what none of those that masquerade a
/// family wants to see. The packets of the others only make a detour by the host.
std::vector<net::Prefix> unseen_by_all(const std::vector<NetworkRecord>& networks);

}  // namespace azcni::network::inet_table
