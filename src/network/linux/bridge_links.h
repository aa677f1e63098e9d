#pragma once

#include <string>

#include "azcni/net/netlink.h"
#include "links.h"

/// The rtnetlink requests about bridges and their ports.
namespace azcni::network {

/// Group of the bridges that we make (ip link set group). The message that creates one has it, so
/// that it is known for ours even if we are killed before anything is on record.
inline constexpr std::uint32_t kBridgeGroup = 0x617b0000;

/// A bridge that forwards at once (no spanning tree) and keeps the MAC address it is given: without
/// one it takes that of its lowest port, and changes the host's when a container joins.
void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu);

/// The request that makes a link a port of a bridge; master 0: of none.
net::NetlinkMessage master_message(unsigned index, unsigned master);

}  // namespace azcni::network
