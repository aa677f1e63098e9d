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
void set_master(net::Netlink& netlink, const LinkId& link, unsigned master);

/// Whether a frame may leave by the port that it came in on.
void set_hairpin(net::Netlink& netlink, const LinkId& port, bool on);

/// Puts a MAC address at a port for good, so that frames for it are never flooded.
void add_static_fdb_entry(net::Netlink& netlink, const LinkId& port, const net::MacAddress& mac);

/// The inverse; no error if it is gone.
void delete_static_fdb_entry(net::Netlink& netlink, const LinkId& port, const net::MacAddress& mac);

/// True once the bridge lets frames pass at this port: some time after its carrier is there.
bool is_forwarding(net::Netlink& netlink, const std::string& port);

/// The bridge that a link is a port of; 0: of none. Nothing if there is no such link.
std::optional<unsigned> find_master_index(net::Netlink& netlink, const std::string& name);

}  // namespace azcni::network
