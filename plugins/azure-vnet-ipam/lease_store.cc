#include "lease_store.h"

#include <algorithm>
#include <functional>

#include "azcni/base/log.h"
#include "config.h"

namespace azcni::vnet_ipam {
namespace {

std::string preference_key(const std::string& network, net::Family family) {
  return network + " " + net::to_string(family);
}

std::string wished_pool(const ipam::AllocationRequest& wanted) {
  return (wanted.subnet ? "subnet " + net::to_string(*wanted.subnet)
                        : net::to_string(wanted.family)) +
         (wanted.interface.empty() ? "" : " of " + wanted.interface);
}

std::string pool_key(const ipam::Lease& lease) {
  return ipam::Pool{lease.interface, false, lease.subnet, {}}.key();
}

/// No pool fits: tells a wrong wanted from a node without addresses.
Error no_pool(const std::vector<ipam::Pool>& pools, const ipam::AllocationRequest& wanted) {
  std::string known;
  for (const ipam::Pool& pool : pools) known += (known.empty() ? "" : ", ") + pool.key();
  const std::string details = "pools of this node: " + (known.empty() ? "none" : known);
  if (wanted.address) {
    return {ErrorCode::kInvalidConfig,
            "address " + net::to_string(*wanted.address) + " is in no pool (" +
                wished_pool(wanted) + ")",
            details};
  }
  if (wanted.subnet)
    return {ErrorCode::kInvalidConfig, "there is no pool for " + wished_pool(wanted), details};
  return {ErrorCode::kNoAddress, "there is no pool for " + wished_pool(wanted),
          details + "; assign secondary addresses to the NIC: az network nic ip-config create"};
}

std::ptrdiff_t leased_in(const ipam::Pool& pool, const ipam::AddressNames& leased) {
  return std::count_if(pool.addresses.begin(), pool.addresses.end(),
                       [&](const auto& address) { return leased.count(address) != 0; });
}

/// Before the last one is gone: the next ADDs will say so.
void warn_if_scarce(const std::vector<ipam::Pool>& pools, const ipam::AddressNames& leased) {
  std::size_t total = 0, used = 1;  // the one that was just chosen
  for (const ipam::Pool& pool : pools) {
    total += pool.addresses.size();
    used += static_cast<std::size_t>(leased_in(pool, leased));
  }
  if (used * 5 >= total * 4)
    log::warning("{} of {} addresses are in use: assign more to the NIC, or run fewer pods", used,
                 total);
}

/// Pools fit, and all of their addresses are in use.
Error exhausted(const std::vector<ipam::Pool>& pools, const ipam::AddressNames& leased,
                const Refused& refused) {
  std::string figures;
  for (const ipam::Pool& pool : pools) {
    const auto used = leased_in(pool, leased);
    figures += (figures.empty() ? "" : "; ") + ("NIC " + pool.interface) + ", subnet " +
               net::to_string(pool.subnet) + ": " + std::to_string(pool.addresses.size()) +
               " addresses, " + std::to_string(used) + " in use";
  }
  std::map<std::string, std::vector<std::string>> users;
  for (const auto& [address, user] : refused) users[user].push_back(address);
  for (const auto& [user, addresses] : users) {
    figures += "; " + std::to_string(addresses.size()) + " of no lease: " + user + " (" +
               addresses.front() + (addresses.size() > 1 ? ", …)" : ")");
  }
  const auto is_of_host = [](const auto& each) { return each.second.starts_with("an address of"); };
  if (std::any_of(refused.begin(), refused.end(), is_of_host)) {
    return {ErrorCode::kNoAddress, "no address is free: " + figures,
            "the host has addresses on its NIC that Azure assigned for containers. cloud-init puts "
            "them there: set apply_network_config_for_secondary_ips: false in datasource: Azure:, "
            "then remove them (ip address del)"};
  }
  return {ErrorCode::kNoAddress, "no address is free: " + figures,
          "assign more secondary addresses to the NIC (az network nic ip-config create), or run "
          "fewer pods on this "
          "node (kubelet --max-pods)"};
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
      [](const store::Store& store, const Json& state) { LeaseStore(store).import_legacy(state); }};
}

LeaseStore::LeaseStore(const store::Store& store)
    : store_(store),
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
    if (known && pool.addresses.empty() && !known->addresses.empty()) {
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

bool LeaseStore::can_serve(const ipam::AllocationRequest& wanted,
                           const std::vector<ipam::Pool>& pools) const {
  const ipam::AddressNames taken = leased();
  const auto fitting = candidates(pools, wanted, taken);
  return std::any_of(fitting.begin(), fitting.end(), [&](const ipam::Pool& pool) {
    return choose(pool, wanted, taken, {}).has_value();
  });
}

std::string LeaseStore::preferred_pool(const std::string& network, net::Family family) const {
  return networks_.find(preference_key(network, family)).value_or("");
}

ipam::Lease LeaseStore::allocate(const std::vector<ipam::Pool>& pools, const ipam::Owner& owner,
                                 const std::string& network, const ipam::AllocationRequest& wanted,
                                 const Refused& refused) const {
  const FileLock held = store_.lock();
  const ipam::AddressNames taken = leased();
  ipam::Lease lease = choose_address(pools, wanted, taken, refused);
  lease.network = network;
  lease.owner = owner;
  lease.boot_id = store::boot_id();
  lease.granted_at = store::uptime();
  if (wanted.preferred.empty())
    networks_.put(preference_key(network, wanted.family), pool_key(lease));
  put(lease);  // last: whatever fails before it leaves no lease behind
  warn_if_scarce(candidates(pools, wanted, taken), taken);
  return lease;
}

net::IpAddress LeaseStore::find_free(const std::vector<ipam::Pool>& pools,
                                     const ipam::AllocationRequest& wanted,
                                     const Refused& refused) const {
  return choose_address(pools, wanted, leased(), refused).address;
}

bool LeaseStore::serves(const std::vector<ipam::Pool>& pools,
                        const ipam::AllocationRequest& wanted) const {
  const ipam::AddressNames taken = leased();
  const std::vector<ipam::Pool> fitting = candidates(pools, wanted, taken);
  return std::any_of(fitting.begin(), fitting.end(),
                     [&](const ipam::Pool& pool) { return leased_in(pool, taken) > 0; });
}

ipam::Lease LeaseStore::choose_address(const std::vector<ipam::Pool>& pools,
                                       const ipam::AllocationRequest& wanted,
                                       const ipam::AddressNames& taken,
                                       const Refused& refused) const {
  ipam::AddressNames unusable;
  for (const auto& [address, user] : refused) unusable.insert(address);
  const std::vector<ipam::Pool> fitting = candidates(pools, wanted, taken);
  if (fitting.empty()) throw no_pool(pools, wanted);
  for (const ipam::Pool& pool : fitting) {
    // A network stays on its NIC: another one's addresses would leave by the wrong interface.
    if (pool.interface != fitting.front().interface && !wanted.preferred.empty()) continue;
    if (const auto address = choose(pool, wanted, taken, unusable))
      return {*address, pool.subnet, pool.interface, "", {}, ""};
  }
  if (!wanted.address) throw exhausted(fitting, taken, refused);
  const auto holder = leases_.find(net::to_string(*wanted.address));
  throw Error(
      ErrorCode::kAddressTaken, "address " + net::to_string(*wanted.address) + " is in use",
      holder ? "by container " + holder->owner.container_id + ", interface " + holder->owner.if_name
             : "by something on this node that is no lease: see `ip route get " +
                   net::to_string(*wanted.address) + "`");
}

void LeaseStore::renew(ipam::Lease lease) const {
  lease.granted_at = store::uptime();
  leases_.put(net::to_string(lease.address), lease);
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
  constexpr std::int64_t kCoolDown = std::chrono::microseconds(ipam::kCoolDown).count();
  const std::string address = net::to_string(lease.address), key = pool_key(lease);
  auto pool = pools_.find(key);
  if (!pool || !pool->holds(address)) return;
  std::erase(pool->addresses, address);
  pool->addresses.push_back(address);
  const std::int64_t now = store::uptime().count();
  pool->released[address] = now;
  std::erase_if(pool->released, [&](const auto& each) { return each.second < now - kCoolDown; });
  pools_.put(key, *pool);
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

void LeaseStore::import_legacy(const Json& state) const {
  const Json spaces = state.value(Json::json_pointer("/IPAM/AddressSpaces"), Json::object());
  for (const Json& space : spaces) {
    for (const Json& pool : space.value("Pools", Json::object())) {
      const auto subnet = net::parse_prefix(pool.value("Id", ""));
      if (!subnet) continue;
      for (const Json& record : pool.value("Addresses", Json::object())) {
        const auto address = net::parse_ip(record.value("Addr", ""));
        if (!address || !record.value("InUse", false)) continue;
        put({*address,
             *subnet,
             pool.value("IfName", ""),
             "",
             {record.value("ID", ""), ""},
             store::boot_id()});
        log::info("took over address {} of the former plugin's state", net::to_string(*address));
      }
    }
  }
}

ipam::AddressNames LeaseStore::leased() const {
  const std::vector<std::string> addresses = leases_.keys();
  return {addresses.begin(), addresses.end()};
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
