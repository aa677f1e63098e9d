#include "lease_store.h"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "azcni/base/log.h"
#include "config.h"
#include "legacy.h"

namespace azcni::vnet_ipam {
namespace {

std::string preference_key(const std::string& network, net::Family family) {
  return network + " " + net::to_string(family);
}

std::string pool_key(const ipam::Lease& lease) {
  return ipam::Pool{lease.interface, false, lease.subnet, {}}.key();
}

/// What a release would like to write, and can do without: it may be what makes room on a full
/// disk.
void if_there_is_room(const std::function<void()>& write) {
  try {
    write();
  } catch (const Error& error) {
    log::warning("{}", error.what());
  }
}

/// Leases that were lost with the store: what lives has its address still.
void hold_what_lives(const store::Store& store) {
  try {
    LeaseStore(store).hold(net::list_veth_pairs());
  } catch (const Error& error) {
    log::warning("addresses of containers that live are not known: {}", error.what());
  }
}

/// By hold(): of no container, but of a link. A Go plugin's lease has no name of an interface.
bool is_held(const ipam::Lease& lease) {
  return lease.owner.container_id.empty() && !lease.owner.if_name.empty();
}

}  // namespace

store::Layout store_layout(const std::string& folder) {
  // The file beside the default folder is where others look; another folder has no such fame, and
  // what lies beside it is not ours to write.
  const std::string manifest =
      folder == default_data_folder() ? folder + ".json" : folder + "/manifest.json";
  return {
      folder,
      manifest,
      {"pools", "leases", "owners", "networks", "queries"},
      {"leases", "owners", "queries"},
      is_legacy,
      [](const store::Store& store, const Json& state) { LeaseStore(store).import_legacy(state); },
      hold_what_lives};
}

LeaseStore::LeaseStore(const store::Store& store, Cooldown cooldown)
    : store_(store),
      cooldown_(cooldown),
      pools_(store, "pools"),
      leases_(store, "leases"),
      owners_(store, "owners"),
      networks_(store, "networks") {
  if (store.is_new("owners") && !store.is_new("leases")) rebuild_owners();
}

std::vector<ipam::Pool> LeaseStore::pools() const {
  std::vector<ipam::Pool> pools;
  for (auto& [key, pool] : pools_.list()) pools.push_back(std::move(pool));
  return pools;
}

void LeaseStore::update(const std::vector<ipam::Pool>& fetched, bool has_gaps) const {
  const FileLock held = store_.lock();
  std::unordered_set<std::string> current;
  for (const ipam::Pool& pool : fetched) {
    current.insert(pool.key());
    const auto known = pools_.find(pool.key());
    if (known && pool.empty() && !known->empty()) {
      if (has_gaps) continue;
      log::warning("pool {} has no address any more: Azure names none", pool.key());
    }
    const ipam::Pool next = known ? merged(*known, pool) : pool;
    if (!known || Json(next) != Json(*known)) pools_.put(pool.key(), next);
  }
  if (has_gaps) return;
  for (const std::string& key : pools_.keys()) {
    if (current.count(key) != 0) continue;
    log::info("pool {} is gone: Azure names it no more", key);
    pools_.erase(key);
  }
}

std::string LeaseStore::preferred_pool(const std::string& network, net::Family family) const {
  return networks_.find(preference_key(network, family)).value_or("");
}

ipam::Allocator LeaseStore::allocator(const std::vector<ipam::Pool>& pools) const {
  const std::vector<std::string> leased = leases_.keys();
  return {pools, {leased.begin(), leased.end()}};
}

ipam::Lease LeaseStore::allocate(const std::vector<ipam::Pool>& pools, const ipam::Owner& owner,
                                 const std::string& network, const ipam::AllocationRequest& wanted,
                                 const ipam::Refused& refused) const {
  const FileLock held = store_.lock();
  const ipam::Allocator now = allocator(pools);
  auto lease = now.choose(wanted, refused);
  if (!lease) throw taken(*wanted.address);
  lease->network = network;
  lease->owner = owner;
  lease->boot_id = store::boot_id();
  lease->granted_at = store::uptime();
  if (wanted.preferred.empty() && !wanted.any_nic)
    networks_.put(preference_key(network, wanted.family), pool_key(*lease));
  put(*lease);  // last: whatever fails before it leaves no lease behind
  if (const std::string scarcity = now.scarcity(wanted); !scarcity.empty())
    log::warning("{}", scarcity);
  return *lease;
}

net::IpAddress LeaseStore::find_free(const std::vector<ipam::Pool>& pools,
                                     const ipam::AllocationRequest& wanted,
                                     const ipam::Refused& refused) const {
  const auto lease = allocator(pools).choose(wanted, refused);
  if (!lease) throw taken(*wanted.address);
  return lease->address;
}

Error LeaseStore::taken(const net::IpAddress& address) const {
  const std::string text = net::to_string(address);
  const auto holder = leases_.find(text);
  return {
      ErrorCode::kAddressTaken, "address " + text + " is in use",
      holder ? "by container " + holder->owner.container_id + ", interface " + holder->owner.if_name
             : "by something on this node that is no lease: see `ip route get " + text + "`"};
}

ipam::Lease LeaseStore::renew(ipam::Lease lease) const {
  lease.granted_at = store::uptime();
  if (const auto pool = pool_of(lease)) {
    lease.interface = pool->interface;
    lease.subnet = pool->subnet;
  }
  leases_.put(net::to_string(lease.address), lease);
  return lease;
}

std::vector<ipam::Lease> LeaseStore::list() const {
  std::vector<ipam::Lease> leases;
  for (auto& [address, lease] : leases_.list()) leases.push_back(std::move(lease));
  return leases;
}

std::vector<ipam::Lease> LeaseStore::find(const ipam::Owner& owner) const {
  std::vector<ipam::Lease> leases;
  for (const std::string& address :
       owners_.find(owner.key()).value_or(std::vector<std::string>{})) {
    auto lease = leases_.find(address);
    if (lease && lease->owner == owner) leases.push_back(std::move(*lease));
  }
  return leases;
}

std::optional<ipam::Lease> LeaseStore::find(const net::IpAddress& address) const {
  return leases_.find(net::to_string(address));
}

void LeaseStore::release(const ipam::Lease& lease) const {
  const FileLock held = store_.lock();
  const std::string address = net::to_string(lease.address);
  const auto current = leases_.find(address);
  if (current && current->owner == lease.owner) {
    // First: a kill between the two must not leave a free address in front.
    if_there_is_room([&] { put_last(lease); });
    leases_.erase(address);
  }
  auto addresses = owners_.find(lease.owner.key()).value_or(std::vector<std::string>{});
  std::erase(addresses, address);
  if (addresses.empty()) {
    owners_.erase(lease.owner.key());
  } else {
    if_there_is_room([&] { owners_.put(lease.owner.key(), addresses); });
  }
}

void LeaseStore::put_last(const ipam::Lease& lease) const {
  const std::string address = net::to_string(lease.address);
  auto pool = pool_of(lease);
  if (!pool) return;
  if (std::erase(pool->addresses, address) > 0) pool->addresses.push_back(address);
  const std::int64_t now = store::uptime().count();
  pool->released[address] = now;
  pool->cooldown = cooldown_.value_or(pool->cooldown);
  const std::int64_t rested = now - std::chrono::microseconds(pool->cooldown).count();
  std::erase_if(pool->released, [&](const auto& each) { return each.second <= rested; });
  pools_.put(pool->key(), *pool);
}

std::optional<ipam::Pool> LeaseStore::pool_of(const ipam::Lease& lease) const {
  const std::string address = net::to_string(lease.address);
  auto own = pools_.find(pool_key(lease));
  if (own && own->holds(address)) return own;
  for (const ipam::Pool& pool : pools()) {
    if (pool.holds(address)) return pool;
  }
  return std::nullopt;
}

void LeaseStore::forget(const ipam::Owner& owner) const {
  if (const auto addresses = owners_.find(owner.key())) {
    const FileLock held = store_.lock();
    for (const std::string& address : *addresses) {
      if (!leases_.find(address)) leases_.erase(address);  // the draft of a lease
    }
  }
  owners_.erase(owner.key());
}

void LeaseStore::hold(const std::vector<net::VethPair>& links) const {
  for (const net::VethPair& link : links) {
    for (const net::IpAddress& address : link.addresses) {
      if (find(address)) continue;
      put({address,
           net::Prefix::single(address),
           "",
           "",
           {"", link.link},
           store::boot_id(),
           store::uptime()});
      log::warning("address {} is held by what is behind {}, and is no lease",
                   net::to_string(address), link.link);
    }
  }
}

std::size_t LeaseStore::release_held(const Links& list_links) const {
  std::vector<ipam::Lease> held = list();
  std::erase_if(held, std::not_fn(is_held));
  if (held.empty()) return 0;
  std::unordered_set<std::string> living;
  for (const net::VethPair& link : list_links()) {
    for (const net::IpAddress& address : link.addresses) living.insert(net::to_string(address));
  }
  std::erase_if(held,
                [&](const auto& each) { return living.count(net::to_string(each.address)) != 0; });
  for (const ipam::Lease& lease : held) {
    release(lease);
    log::info("address {} is free: no link has it", net::to_string(lease.address));
  }
  return held.size();
}

void LeaseStore::import_legacy(const Json& state) const {
  for (ipam::Lease& lease : legacy_leases(state)) {
    lease.boot_id = store::boot_id();
    put(lease);
    log::info("took over address {} of the former plugin's state", net::to_string(lease.address));
  }
}

void LeaseStore::rebuild_owners() const {
  for (const auto& [address, lease] : leases_.list()) put(lease);
}

void LeaseStore::put(const ipam::Lease& lease) const {
  const std::string address = net::to_string(lease.address);
  auto addresses = owners_.find(lease.owner.key()).value_or(std::vector<std::string>{});
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.push_back(address);
    owners_.put(lease.owner.key(), addresses);
  }
  leases_.put(address, lease);
}

}  // namespace azcni::vnet_ipam
