// azure-vnet-ipam GC: take back what this network's owners hold who are not on the list.
//
// What may have been granted after the list was made stays for the next GC, and so does what
// another verb is at work on. Without a list nothing goes: no link tells here which owner lives.

#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "ipam.h"

namespace azcni::vnet_ipam {
namespace {

using std::chrono::microseconds;

bool is_stale(const ipam::Lease& lease, const cni::Request& request, microseconds listed_at) {
  // A Go plugin's lease names no network: only its DEL can tell whose it is.
  return lease.network == request.config.name && lease.granted_at < listed_at &&
         !request.is_valid({lease.owner.container_id, lease.owner.if_name});
}

void collect(const ipam::Lease& found, const cni::Request& request, microseconds listed_at,
             Context& context) {
  const auto lock = context.locks.try_lock(found.owner.key());
  if (!lock) return;
  const auto lease = context.leases.find(found.address);  // again: now nobody else changes it
  if (!lease || lease->owner != found.owner || !is_stale(*lease, request, listed_at)) return;
  context.leases.release(*lease);
  log::info("address {} is free: the runtime does not know {}", net::to_string(lease->address),
            lease->owner.key());
}

}  // namespace

void gc(const cni::Request& request, Context& context) {
  if (!request.valid) return;
  const microseconds listed_at = request.listed_at.value_or(context.began - cni::kOldestList);
  ErrorList errors;
  for (const ipam::Lease& lease : context.leases.list()) {
    if (!is_stale(lease, request, listed_at)) continue;
    errors.attempt([&] { collect(lease, request, listed_at, context); });
  }
  errors.attempt([&] { context.leases.release_held(net::list_veth_pairs); });
  context.locks.sweep();
  errors.throw_if_any();
}

}  // namespace azcni::vnet_ipam
