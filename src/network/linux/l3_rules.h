#pragma once

#include <string>
#include <vector>

#include "azcni/net/netlink.h"
#include "azcni/network/backend.h"
#include "nft/types.h"

/// What the host's IP stack does for the containers of a network: masquerading of what leaves the
/// VNET, and ports of the host that lead to containers. One table "inet azure_vnet_<network>" of
/// our own, beside whatever iptables, firewalld and kube-proxy have in theirs: a constant number of
/// rules, and elements of maps for each container.
namespace azcni::network::l3 {

/// True if the network needs the table before it has a container.
bool is_wanted(const NetworkSpec& network);

/// Makes the table, or its rules anew, in one transaction; the containers that are in it stay.
void install(net::Netlink& nft, const NetworkSpec& network);
/// As l2::probe().
void probe(net::Netlink& nft);
/// True if all the rules are there; they are counted.
bool is_installed(net::Netlink& nft, const NetworkSpec& network);
/// No error if it is gone.
void remove(net::Netlink& nft, const std::string& network);

/// Puts a container in: its addresses, and its ports, which need the table installed. Throws
/// Error(kPortTaken) if a port of the host leads to another container.
void add(net::Netlink& nft, const NetworkSpec& network, const EndpointSpec& endpoint,
         const std::vector<net::Prefix>& addresses, const std::vector<PortMapping>& ports);
/// Takes a container out of whichever of the host's tables have it. Returns its addresses to which
/// UDP ports of the host led.
std::vector<net::IpAddress> forget(net::Netlink& nft, const std::vector<nft::Table>& tables,
                                   const net::MacAddress& container_mac);

/// What is missing of a container's elements, ports included, in words.
std::vector<std::string> missing(net::Netlink& nft, const NetworkSpec& network,
                                 const EndpointRecord& endpoint);

/// What is never masqueraded: the VNET (where none is named, all private networks), Azure's
/// wireserver, and groups. A family of which no prefix is named is not masqueraded at all.
std::vector<net::Prefix> masquerade_exceptions(const NetworkSpec& network, net::Family family);

}  // namespace azcni::network::l3
