#pragma once

#include <optional>
#include <string>
#include <vector>

#include "azcni/base/undo_stack.h"
#include "azcni/network/backend.h"
#include "container_side.h"
#include "links.h"
#include "nft/types.h"

/// Modes bridge and tunnel: the NIC is a port of a bridge, beside the containers, and the host's
/// addresses are on the bridge. In tunnel mode what containers of one VM send to each other goes
/// through the fabric, in bridge mode it does not.
namespace azcni::network::bridged {

/// True if the NIC is the bridge's port, has no address of its own, and its rules are all there.
bool is_connected(const NetworkRecord& network);

/// Makes or repairs bridge, NIC and rules; `undo` gets the inverses.
NetworkRecord connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                      const std::vector<EndpointRecord>& containers, UndoStack& undo);

/// Removes the rules; gives the NIC back its configuration and removes the bridge, if that is ours.
/// Throws kAlreadyAttached if it has ports of others by now.
void disconnect(const NetworkRecord& network);

/// For every ADD: networkd or NetworkManager may have been started since the NIC moved, or was told
/// by a former version in a file that it can't read.
void keep_managers_away(net::Netlink& netlink, const NetworkRecord& network);

/// For addresses of one family: the gateway that IPAM named, else the first address of the subnet;
/// in IPv6 the router's link-local one. Any would do, since the router's MAC address is not asked
/// for.
Gateway gateway_for(const Addressing& addressing);

/// Bridge and group of a container's link.
void place_link(net::Netlink& netlink, const NetworkRecord& network, VethSpec& veth);

/// The ways to the container: from the fabric and other containers by the rules, from the host by a
/// route and a neighbour.
void add_container_path(net::Netlink& netlink, const NetworkRecord& network,
                        const EndpointSpec& endpoint, const net::IpAddress& address);

/// What the container's link needs as a port, once.
void set_up_port(net::Netlink& netlink, const EndpointSpec& endpoint, const Link& host_link);

/// Waits until frames pass at this port: the kernel gets to that after the carrier.
void wait_for_port(net::Netlink& netlink, const std::string& port);

/// Removes the ways to a container, from whichever NIC has them.
void forget_container(net::Netlink& netlink, net::Netlink& nft,
                      const std::vector<nft::Table>& tables, const net::MacAddress& container_mac);

/// The same of addresses that a container is known to have, whatever became of the rules.
void forget_addresses(net::Netlink& netlink, const std::vector<net::Prefix>& addresses,
                      const net::MacAddress& container_mac);

/// Connects a container that is attached to what the network was made of meanwhile.
void put(net::Netlink& netlink, const NetworkRecord& network, const EndpointRecord& endpoint);

/// What is missing on the host's side, in words.
std::vector<std::string> missing(net::Netlink& netlink, const NetworkRecord& network,
                                 const EndpointSpec& endpoint,
                                 const std::vector<net::Prefix>& addresses);

}  // namespace azcni::network::bridged
