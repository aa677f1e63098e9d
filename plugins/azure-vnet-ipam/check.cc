// azure-vnet-ipam CHECK: does the owner still hold what ADD promised?

#include <algorithm>

#include "ipam.h"

namespace azcni::vnet_ipam {

void check(const cni::Request& request, Context& context) {
  const auto lock = context.locks.lock(owner_of(request).key());
  const std::vector<ipam::Lease> leases = context.leases.find(owner_of(request));
  if (leases.empty()) {
    throw Error(ErrorCode::kCheckFailed,
                "container " + request.container_id + " holds no address for " + request.if_name,
                "the container has to be created anew");
  }
  const cni::Result promised = request.config.prev_result().value_or(cni::Result{});
  for (const ipam::Lease& lease : leases) {
    const auto matches = [&](const cni::IpConfig& ip) {
      return ip.address.address == lease.address;
    };
    if (std::any_of(promised.ips.begin(), promised.ips.end(), matches)) continue;
    throw Error(ErrorCode::kCheckFailed,
                "the lease of " + net::to_string(lease.address) + " is not in prevResult");
  }
}

}  // namespace azcni::vnet_ipam
