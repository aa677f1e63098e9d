// azure-vnet-ipam ADD: hand out one address of each family, for good until DEL.

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"
#include "azcni/net/azure.h"
#include "azcni/net/interfaces.h"
#include "choice.h"
#include "config.h"
#include "ipam.h"
#include "refresh.h"

namespace azcni::vnet_ipam {
namespace {

std::optional<net::IpAddress> requested_of(net::Family family, const Config& config) {
  const auto requested =
      std::find_if(config.requested.begin(), config.requested.end(),
                   [&](const net::IpAddress& address) { return address.family() == family; });
  return requested == config.requested.end() ? std::nullopt : std::optional(*requested);
}

/// Allocates until an address is found that nothing on this node uses: state can be lost, and other
/// software assigns addresses too, but the kernel knows. It is asked with no lock held.
ipam::Lease lease_unused(const std::vector<ipam::Pool>& pools, const cni::Request& request,
                         const ipam::AllocationRequest& wanted, Context& context, UndoStack& undo) {
  ipam::Refused refused;
  for (;;) {
    const ipam::Lease lease =
        context.leases.allocate(pools, owner_of(request), request.config.name, wanted, refused);
    undo.push("release the address", [&context, lease] { context.leases.release(lease); });
    const auto user = net::find_user_of(lease.address);
    if (!user) return lease;
    log::warning("address {} is {}: not handed out", net::to_string(lease.address), *user);
    context.leases.release(lease);
    refused.emplace(net::to_string(lease.address), *user);
  }
}

/// `nic`: of the addresses of other families that it has already; empty: of none.
ipam::Lease lease_of(net::Family family, const std::string& nic, const Config& config,
                     const cni::Request& request, Context& context, UndoStack& undo) {
  for (const ipam::Lease& known : context.leases.find(owner_of(request))) {
    if (known.address.family() != family) continue;
    return context.leases.renew(known);  // asked again: the same address
  }
  ipam::AllocationRequest wanted = allocation_request(family, config, request, context);
  wanted.address = requested_of(family, config);
  if (wanted.any_nic) wanted.interface = nic;
  Refresh refresh(config, metadata_source(config), context);
  const std::vector<ipam::Pool> pools =
      usable(refresh.current_pools(wanted), request, config, context);
  try {
    return lease_unused(pools, request, wanted, context, undo);
  } catch (const Error& error) {
    const bool may_be_held =
        error.code() == ErrorCode::kNoAddress || error.code() == ErrorCode::kAddressTaken;
    if (!may_be_held || context.leases.release_held(net::list_veth_pairs) == 0) throw;
  }
  return lease_unused(pools, request, wanted, context, undo);
}

/// A subnet of a single address (/128) has none, nor has a prefix of IPv6 whose first address is
/// itself for containers.
std::optional<net::IpAddress> gateway_of(const ipam::Lease& lease, const LeaseStore& store) {
  const net::IpAddress first = net::azure::gateway_of(lease.subnet);
  if (!lease.subnet.contains(first) || first == lease.address) return std::nullopt;
  const auto pool = first.is_ipv4() ? std::nullopt : store.pool_of(lease);
  if (pool && pool->holds(net::to_string(first))) return std::nullopt;
  return first;
}

cni::Result result_of(const std::vector<ipam::Lease>& leases, const LeaseStore& store) {
  cni::Result result;
  for (const ipam::Lease& lease : leases) {
    const auto gateway = gateway_of(lease, store);
    result.ips.push_back({{lease.address, lease.subnet.length}, gateway, std::nullopt});
    result.routes.push_back({net::Prefix::everything(lease.address.family()), gateway});
  }
  result.dns.nameservers = {net::to_string(net::azure::kWireserver)};
  return result;
}

}  // namespace

cni::Result add(const cni::Request& request, const Config& config, Context& context) {
  const auto lock = context.locks.lock(owner_of(request).key());

  UndoStack undo;
  std::vector<ipam::Lease> leases;
  for (const net::Family family : config.families) {
    const std::string nic = leases.empty() ? "" : leases.front().interface;
    leases.push_back(lease_of(family, nic, config, request, context, undo));
    log::info("address {} for {}", net::to_string(leases.back().address), request.if_name);
  }
  cni::Result result = result_of(leases, context.leases);
  if (is_for_azure_vnet(request)) result.nic = leases.front().interface;
  undo.dismiss();
  return result;
}

}  // namespace azcni::vnet_ipam
