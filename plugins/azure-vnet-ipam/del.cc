// azure-vnet-ipam DEL: take back what this owner holds. What nobody holds is taken back already.

#include "azcni/base/log.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {
namespace {

void release(const ipam::Lease& lease, Context& context) {
  context.leases.release(lease);
  log::info("address {} is free", net::to_string(lease.address));
}

void release_all(const ipam::Owner& owner, Context& context) {
  for (const ipam::Lease& lease : context.leases.find(owner)) release(lease, context);
  context.leases.forget(owner);
}

/// For a tool that knows nothing but the address, and says so by naming no container.
void release_whoever_holds(const net::IpAddress& address, Context& context) {
  const auto lease = context.leases.find(address);
  if (!lease) return;
  const auto lock = context.locks.lock(lease->owner.key());
  const auto current = context.leases.find(address);
  if (current && current->owner == lease->owner) release(*current, context);
}

}  // namespace

void del(const cni::Request& request, Context& context) {
  const auto address = named_address(request);
  if (request.container_id.empty()) {
    if (address) release_whoever_holds(*address, context);
    return;
  }
  const ipam::Owner owner = owner_of(request);
  const auto lock = context.locks.lock(owner.key());
  release_all(owner, context);
  // Leases of a Go plugin know the container but not the interface, or nobody at all.
  release_all({owner.container_id, ""}, context);
  const auto lease = address ? context.leases.find(*address) : std::nullopt;
  if (lease && lease->owner.container_id.empty()) release(*lease, context);
}

}  // namespace azcni::vnet_ipam
