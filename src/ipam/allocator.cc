#include "azcni/ipam/allocator.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "azcni/base/error.h"

namespace azcni::ipam {
namespace {

std::uint64_t free_in(const Pool& pool, const AddressNames& leased) {
  return pool.size() - std::min(pool.count(leased), pool.size());
}

std::string description_of(const AllocationRequest& wanted) {
  return (wanted.subnet ? "subnet " + net::to_string(*wanted.subnet)
                        : net::to_string(wanted.family)) +
         (wanted.interface.empty() ? "" : " of " + wanted.interface);
}

/// No pool fits: tells a wrong request from a node without addresses.
Error no_pool(const std::vector<Pool>& pools, const AllocationRequest& wanted) {
  std::string known;
  for (const Pool& pool : pools) known += (known.empty() ? "" : ", ") + pool.key();
  const std::string details = "pools of this node: " + (known.empty() ? "none" : known);
  if (wanted.address) {
    return {ErrorCode::kInvalidConfig,
            "address " + net::to_string(*wanted.address) + " is in no pool (" +
                description_of(wanted) + ")",
            details + "; `exclude` of the configuration may keep it out"};
  }
  if (wanted.subnet)
    return {ErrorCode::kInvalidConfig, "there is no pool for " + description_of(wanted), details};
  return {ErrorCode::kNoAddress, "there is no pool for " + description_of(wanted),
          details + "; assign secondary addresses to the NIC: az network nic ip-config create"};
}

/// Pools fit, and all of their addresses are in use.
Error exhausted(const std::vector<Pool>& pools, const AddressNames& leased,
                const Refused& refused) {
  std::string figures;
  for (const Pool& pool : pools) {
    figures += (figures.empty() ? "" : "; ") + ("NIC " + pool.interface) + ", subnet " +
               net::to_string(pool.subnet) + ": " + std::to_string(pool.size()) + " addresses, " +
               std::to_string(pool.count(leased)) + " in use";
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
            "them there at each boot, unless apply_network_config_for_secondary_ips: false is in "
            "its datasource: Azure: (install-cni-plugin.sh --drop-ins); then remove them (ip "
            "address del)"};
  }
  return {ErrorCode::kNoAddress, "no address is free: " + figures,
          "assign more secondary addresses to the NIC (az network nic ip-config create), or run "
          "fewer pods on this "
          "node (kubelet --max-pods)"};
}

}  // namespace

std::vector<Pool> candidates(std::vector<Pool> pools, const AllocationRequest& wanted,
                             const AddressNames& leased) {
  std::erase_if(pools, [&](const Pool& pool) {
    return pool.subnet.address.family() != wanted.family ||
           (!wanted.interface.empty() && pool.interface != wanted.interface) ||
           (wanted.subnet && pool.subnet != wanted.subnet->network()) ||
           (wanted.address && !pool.holds(net::to_string(*wanted.address)));
  });
  const auto rank = [&](const Pool& pool) {
    return std::tuple(pool.key() != wanted.preferred, pool.primary,
                      -static_cast<std::ptrdiff_t>(free_in(pool, leased)), pool.key());
  };
  std::sort(pools.begin(), pools.end(),
            [&](const Pool& a, const Pool& b) { return rank(a) < rank(b); });
  return pools;
}

std::optional<net::IpAddress> choose(const Pool& pool, const AllocationRequest& wanted,
                                     const AddressNames& leased, const AddressNames& refused) {
  const auto is_free = [&](const std::string& address) {
    return leased.count(address) == 0 && refused.count(address) == 0;
  };
  if (!wanted.address) return pool.find(is_free);
  const std::string wished = net::to_string(*wanted.address);
  return pool.holds(wished) && is_free(wished) ? wanted.address : std::nullopt;
}

std::optional<Lease> Allocator::choose(const AllocationRequest& wanted,
                                       const Refused& refused) const {
  AddressNames unusable;
  for (const auto& [address, user] : refused) unusable.insert(address);
  const std::vector<Pool> fitting = candidates(pools_, wanted, leased_);
  if (fitting.empty()) throw no_pool(pools_, wanted);
  for (const Pool& pool : fitting) {
    // A network stays on its NIC: another one's addresses would leave by the wrong interface.
    if (pool.interface != fitting.front().interface && !wanted.preferred.empty()) continue;
    if (const auto address = ipam::choose(pool, wanted, leased_, unusable))
      return Lease{*address, pool.subnet, pool.interface, "", {}, ""};
  }
  if (!wanted.address) throw exhausted(fitting, leased_, refused);
  return std::nullopt;
}

bool Allocator::can_serve(const AllocationRequest& wanted) const {
  const auto fitting = candidates(pools_, wanted, leased_);
  return std::any_of(fitting.begin(), fitting.end(), [&](const Pool& pool) {
    return ipam::choose(pool, wanted, leased_, {}).has_value();
  });
}

bool Allocator::serves(const AllocationRequest& wanted) const {
  const auto fitting = candidates(pools_, wanted, leased_);
  return std::any_of(fitting.begin(), fitting.end(),
                     [&](const Pool& pool) { return pool.count(leased_) > 0; });
}

std::string Allocator::scarcity(const AllocationRequest& wanted) const {
  std::uint64_t total = 0, used = 1;
  for (const Pool& pool : candidates(pools_, wanted, leased_)) {
    total += pool.size();
    used += pool.count(leased_);
  }
  if (used * 5 < total * 4) return {};
  return std::to_string(used) + " of " + std::to_string(total) +
         " addresses are in use: assign more to the NIC, or run fewer pods";
}

}  // namespace azcni::ipam
