#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "azcni/ipam/allocator.h"
#include "azcni/ipam/pool.h"
#include "azcni/net/interfaces.h"
#include "azcni/store/records.h"
#include "azcni/store/store.h"

namespace azcni::vnet_ipam {

/// Who has which address: the pools and leases of this node.
///
/// A lease is one file, named by its address: it cannot exist twice. An owner's file lists the
/// addresses it may hold, so that an owner is found without reading every lease; it is written
/// before the lease and removed after it, and counts only where the lease agrees.
class LeaseStore {
 public:
  /// So long an address rests that is released by this object; none: as long as the one before.
  using Cooldown = std::optional<std::chrono::seconds>;
  explicit LeaseStore(const store::Store& store, Cooldown cooldown = {});

  std::vector<ipam::Pool> pools() const;

  /// Takes over what a new document says; leases are not touched. With gaps in it, pools of which
  /// it names no address stay as they are.
  void update(const std::vector<ipam::Pool>& fetched, bool has_gaps) const;

  /// Of these pools and the leases as they are now.
  ipam::Allocator allocator(const std::vector<ipam::Pool>& pools) const;

  /// The pool that a network drew its addresses of this family from.
  std::string preferred_pool(const std::string& network, net::Family family) const;

  /// A new lease on a free address of these pools. Throws Error(kNoAddress) with figures,
  /// Error(kAddressTaken) or Error(kInvalidConfig) about an address or a subnet that no pool has.
  ipam::Lease allocate(const std::vector<ipam::Pool>& pools, const ipam::Owner& owner,
                       const std::string& network, const ipam::AllocationRequest& wanted,
                       const ipam::Refused& refused) const;

  /// The address that allocate() would choose; throws as that does.
  net::IpAddress find_free(const std::vector<ipam::Pool>& pools,
                           const ipam::AllocationRequest& wanted,
                           const ipam::Refused& refused) const;

  /// Notes that the owner asked for its lease again. Its address may be another NIC's by now.
  ipam::Lease renew(ipam::Lease lease) const;

  /// The pool that has the address now: Azure may have moved it from NIC to NIC.
  std::optional<ipam::Pool> pool_of(const ipam::Lease& lease) const;

  std::vector<ipam::Lease> list() const;
  std::vector<ipam::Lease> find(const ipam::Owner& owner) const;
  std::optional<ipam::Lease> find(const net::IpAddress& address) const;

  /// The address becomes free, and the last one to be chosen; gone, if Azure took it back.
  void release(const ipam::Lease& lease) const;

  /// Drops what a call that was killed may have left of an owner without leases.
  void forget(const ipam::Owner& owner) const;

  /// Addresses that links of the host lead to, and that are no leases. Whose they are is not
  /// known: such a lease has no container, and the link's name.
  void hold(const std::vector<net::VethPair>& links) const;

  /// Of those that are held so, what no link has any more; links are listed if there are any.
  /// Returns how many.
  using Links = std::function<std::vector<net::VethPair>()>;
  std::size_t release_held(const Links& list_links) const;

  /// Leases of the Go plugin's state.
  void import_legacy(const Json& state) const;

 private:
  Error taken(const net::IpAddress& address) const;
  /// In the order of its pool: it is the last to be handed out again.
  void put_last(const ipam::Lease& lease) const;
  void rebuild_owners() const;
  void put(const ipam::Lease& lease) const;

  const store::Store& store_;
  const Cooldown cooldown_;
  store::Records<ipam::Pool> pools_;
  store::Records<ipam::Lease> leases_;
  store::Records<std::vector<std::string>> owners_;  ///< addresses by owner
  store::Records<std::string> networks_;             ///< pool by "network IPv4"
};

/// The layout of the store below a LeaseStore and the record of queries (refresh.h).
store::Layout store_layout(const std::string& folder);

}  // namespace azcni::vnet_ipam
