#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "container_side.h"
#include "links.h"

/// Transparent mode: the host routes. No bridge, and the NIC stays as it is; each container is a
/// host route to its veth.
namespace azcni::network::transparent {

/// True if the host still forwards, and the NIC is there with the MTU on record.
bool is_connected(const NetworkRecord& network);

NetworkRecord connect(const NetworkSpec& spec);

/// The address that containers send everything to; it exists nowhere but in their neighbour tables.
Gateway gateway_for(net::Family family, const net::MacAddress& host_mac);

/// The way from the host to the container, with its MAC address: the host never has to ask for it,
/// which in IPv6 it could not in the first second of a link's life (duplicate address detection).
/// With IPv6, the host is made to forward that too.
void add_container_path(net::Netlink& netlink, const NetworkRecord& network,
                        const EndpointSpec& endpoint, const net::IpAddress& address,
                        const Link& host_link);

/// What is missing on the host's side, in words.
std::vector<std::string> missing(net::Netlink& netlink, const NetworkRecord& network,
                                 const EndpointSpec& endpoint,
                                 const std::vector<net::Prefix>& addresses);

}  // namespace azcni::network::transparent
