#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "azcni/ipam/pool.h"
#include "azcni/net/address.h"

namespace azcni::ipam {

/// Names of leases: addresses as text.
using AddressNames = std::unordered_set<std::string>;

/// Addresses that are no lease and in use on this node all the same, and what has them.
using Refused = std::map<std::string, std::string>;

/// What a caller asks for; empty fields match anything.
struct AllocationRequest {
  net::Family family = net::Family::kIpv4;
  std::string interface = {};                  ///< pools of this NIC only
  std::optional<net::Prefix> subnet = {};      ///< this pool only
  std::optional<net::IpAddress> address = {};  ///< this address only
  std::string preferred = {};                  ///< key of the pool that the network used before
  bool any_nic = false;                        ///< the network may use several
};

/// Pools that can serve the request, best first: the preferred one, then secondary NICs, then most
/// free addresses, then by name.
std::vector<Pool> candidates(std::vector<Pool> pools, const AllocationRequest& wanted,
                             const AddressNames& leased);

/// The free address that rested longest, or the one asked for if it is free.
std::optional<net::IpAddress> choose(const Pool& pool, const AllocationRequest& wanted,
                                     const AddressNames& leased, const AddressNames& refused);

/// Chooses addresses: pure. What it is given is how pools and leases stand at one moment.
class Allocator {
 public:
  Allocator(std::vector<Pool> pools, AddressNames leased)
      : pools_(std::move(pools)), leased_(std::move(leased)) {}

  /// A lease that has no owner yet; none if the address that is asked for is in use. Throws
  /// Error(kNoAddress) with figures, Error(kInvalidConfig) about an address or a subnet that no
  /// pool has.
  [[nodiscard]] std::optional<Lease> choose(const AllocationRequest& wanted,
                                            const Refused& refused) const;

  /// True if one of the pools has a free address for the request.
  [[nodiscard]] bool can_serve(const AllocationRequest& wanted) const;

  /// True if an address of the pools that fit is leased.
  [[nodiscard]] bool serves(const AllocationRequest& wanted) const;

  /// "8 of 10 addresses are in use: …" once one more is, if that is much; else empty.
  [[nodiscard]] std::string scarcity(const AllocationRequest& wanted) const;

 private:
  std::vector<Pool> pools_;
  AddressNames leased_;
};

}  // namespace azcni::ipam
