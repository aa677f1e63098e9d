#include "choice.h"

#include <algorithm>

#include "azcni/net/interfaces.h"

namespace azcni::vnet_ipam {

ipam::AllocationRequest allocation_request(net::Family family, const Config& config,
                                           const cni::Request& request, const Context& context) {
  return {family, config.master, config.subnet, std::nullopt,
          context.leases.preferred_pool(request.config.name, family)};
}

std::vector<ipam::Pool> usable(const std::vector<ipam::Pool>& pools, const Config& config) {
  const auto is_of_first = [&](const ipam::Pool& pool) {
    return pool.interface == pools.front().interface;
  };
  if (!config.master.empty() || std::all_of(pools.begin(), pools.end(), is_of_first)) return pools;
  std::vector<ipam::Pool> usable;
  std::copy_if(pools.begin(), pools.end(), std::back_inserter(usable), [](const ipam::Pool& pool) {
    return net::find_interface_in(pool.subnet).has_value();
  });
  if (!usable.empty()) return usable;
  throw Error(ErrorCode::kNoAddress,
              "no NIC of this host has an address in the subnet of its pool, " +
                  net::to_string(pools.front().subnet) + " of " + pools.front().interface,
              "configure the NIC, or name it in `master`");
}

}  // namespace azcni::vnet_ipam
