// azure-vnet-ipam DEL: take back what this owner holds. What nobody holds is taken back already.

#include "azcni/base/log.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {
namespace {

void release_all(const ipam::Owner& owner, Host& host) {
  for (const ipam::Lease& lease : host.ledger.find(owner)) {
    host.ledger.release(lease);
    log::info("address {} is free", net::to_string(lease.address));
  }
  host.ledger.forget(owner);
}

}  // namespace

void del(const cni::Request& request, Host& host) {
  const ipam::Owner owner = owner_of(request);
  const auto turn = host.turns.wait_for(owner.key());
  release_all(owner, host);
  // Leases of a Go plugin know the container but not the interface, or nobody at all.
  release_all({owner.container_id, ""}, host);
  const auto address = named_address(request);
  const auto lease = address ? host.ledger.find(*address) : std::nullopt;
  if (lease && lease->owner.container_id.empty()) host.ledger.release(*lease);
}

}  // namespace azcni::vnet_ipam
