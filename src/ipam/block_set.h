#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "azcni/net/address.h"

/// Sets of addresses that may be too large to be listed: prefixes, masked, without those of other
/// prefixes ("holes"). Of any two prefixes one contains the other, or they have no address in
/// common.
namespace azcni::ipam::block_set {

/// The largest whole number that every reader of JSON has exactly; larger counts are this.
inline constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53;

bool contain(const std::vector<net::Prefix>& blocks, const net::IpAddress& address);

/// How many addresses they have.
std::uint64_t count(const std::vector<net::Prefix>& blocks, const std::vector<net::Prefix>& holes);

/// The first address that is fit: holes are leapt over, and as many others are looked at as are
/// unfit.
std::optional<net::IpAddress> find(const std::vector<net::Prefix>& blocks,
                                   const std::vector<net::Prefix>& holes,
                                   const std::function<bool(const net::IpAddress&)>& is_fit);

}  // namespace azcni::ipam::block_set
