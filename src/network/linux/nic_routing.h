#pragma once

#include "azcni/network/backend.h"
#include "footprint.h"

/// How a host with several NICs sends what is of one of them by that NIC: Azure drops what leaves
/// by another. With one NIC there is none of it. Of the NIC eth1, where eth0 has the default route:
///
///     ip rule add from all fwmark 0x300/0xf00 lookup T1    an answer, to what came in by eth1
///     ip rule add from all fwmark 0x200/0xf00 lookup T0    … by eth0
///     ip rule add from 10.0.1.0/24 lookup main suppress_ifgroup G    routes by NICs don't count
///     ip rule add from 10.0.1.0/24 lookup T1
///
/// Of eth0 the last two are of what goes to eth1's subnet alone. They are there where containers
/// send by the host's routing. See docs/several-nics.md.
namespace azcni::network::nic_routing {

/// Bits of the marks of packets and connections: a value a NIC.
inline constexpr std::uint32_t kMarkBits = 0x00000f00;

Objects objects_of(const NicRecord& nic);
/// Of an attachment, where another NIC has its subnet: its address alone tells the NIC.
Objects objects_of(const EndpointRecord& endpoint);

/// NicRecord::table, of what else is on record.
std::uint32_t table_of_addresses(const NicRecord& nic);

/// The host has an IPv4 address on the NIC, to masquerade with.
bool has_ipv4(const NicRecord& nic);

}  // namespace azcni::network::nic_routing
