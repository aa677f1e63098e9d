#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "footprint.h"

/// What a container may send: packets in its own name, and none to the parts of Azure that are the
/// VM's. Whose frames they are is told by the group of their link (groups.h), so the rules are
/// constant. What is dropped is counted, by counters with names: they outlive a replacement of the
/// rules (docs/adr/0028).
namespace azcni::network::guard {

inline constexpr const char* kSpoofed = "spoofed";
inline constexpr const char* kWireserver = "wireserver";
inline constexpr const char* kMetadata = "metadata";

/// For a NIC's table of family bridge: rules of the inner chain `containers`, through which all
/// that its containers send goes. A source is known by port, MAC address and address together: a
/// container has seen the MAC addresses and addresses of the others.
void add_bridged(nft::Ruleset& table, const std::string& containers,
                 const std::vector<net::Prefix>& allowed);
/// For the node's table of family inet: containers of mode transparent. Where the host has its
/// route to an address, there it may come from.
void add_routed(nft::Ruleset& table, const std::string& prerouting);
/// The node's table of family arp: in mode transparent no container has to ask.
nft::Ruleset arp_ruleset();

/// What lets a bridged container send.
Objects elements_of(const EndpointRecord& endpoint, const Guard& guard);

/// Packets by table and reason.
std::vector<Dropped> dropped(net::Netlink& socket);

}  // namespace azcni::network::guard
