#pragma once

#include <cstdint>

#include "azcni/network/backend.h"

/// Groups of the host's links of containers (ip link set group): rules know by it whose frames they
/// see, so that they are the same with 1 container or 250. Links of the Go plugins have none.
///
///     0x617a NNNN   modes bridge and tunnel, by the number of the NIC
///     0x6179 0000   mode transparent (bridges of ours have 0x617b 0000)
///     0x0004 0000   what it may send is checked; earlier versions made links without this
///     0x0080 0000   the instance metadata service is closed to it
///     0x0000 8000   mode tunnel
///     0x6170 0000   NICs, where there are several
namespace azcni::network::groups {

inline constexpr std::uint32_t kBridged = 0x617a0000;
inline constexpr std::uint32_t kTransparent = 0x61790000;
inline constexpr std::uint32_t kGuarded = 0x00040000;
inline constexpr std::uint32_t kWithoutMetadata = 0x00800000;
inline constexpr std::uint32_t kTunnel = 0x00008000;
inline constexpr std::uint32_t kNics = 0x61700000;
/// All that tells modes and NICs.
inline constexpr std::uint32_t kWhose = ~(kGuarded | kWithoutMetadata);

/// Of all containers behind that NIC, in one of the modes.
inline std::uint32_t of_nic(unsigned number, bool tunnel) {
  return kBridged | (number & 0x7fff) | (tunnel ? kTunnel : 0);
}

inline std::uint32_t options_of(const Guard& guard) {
  return (guard.sources ? kGuarded : 0) | (guard.metadata ? 0 : kWithoutMetadata);
}

}  // namespace azcni::network::groups
