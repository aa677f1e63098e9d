#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// Of footprints, what several modes have.
namespace azcni::network {

inline const Object kForward4{Sysctl{"ipv4/ip_forward", "1"}, Level::kNode};
inline const Object kForward6{Sysctl{"ipv6/conf/all/forwarding", "1"}, Level::kNode};

void append(Objects& objects, const Objects& more);

/// The network needs its inet table: see inet_table.h.
bool has_inet_table(const NetworkSpec& spec);

bool has_ipv6(const EndpointRecord& endpoint);

/// The pair of links, up.
Footprint links_of(const EndpointRecord& endpoint, std::uint32_t group);

/// The node's table, where the kernel has nf_tables, and the network's.
Objects tables_of(const NetworkRecord& network);

/// Their elements. `way`: the link by which the host reaches the container, from 127.0.0.1 too.
Objects host_tables_of(const NetworkSpec& network, const EndpointRecord& endpoint,
                       const std::string& way);

/// What lets these links pass the firewalls of others.
Objects passes_of(const std::string& links, bool is_prefix, const std::string& network);

/// None without a limit.
Objects limit_of(const std::string& link, const Rate& rate);

/// The next hop of everything a container sends: it has a /32 (or /128), so no neighbour is on its
/// link.
struct Gateway {
  net::IpAddress address;
  net::MacAddress mac;
};
/// IPAM's gateway, else the first address of the subnet; any would do where the next hop is the
/// router, since nobody is asked for its MAC address.
net::IpAddress gateway4_of(const Addressing& addressing);

/// The interface within the container; of each family, the gateway of that is taken.
Objects container_side_of(const EndpointRecord& endpoint, const std::vector<Gateway>& gateways);

}  // namespace azcni::network
