// azure-vnet DEL: bring one attachment to "absent", whatever is left of it.

#include "azcni/base/log.h"
#include "ipam.h"
#include "network.h"
#include "translate.h"
#include "verbs.h"

namespace azcni::vnet {

void teardown(const cni::Request& request, const store::NamedLock& lock, Context& context) {
  const network::EndpointRecord expected = {.spec = endpoint_spec_of(request)};
  const auto known = context.endpoints.find(expected.spec.id.key());
  const network::EndpointRecord& endpoint = known ? *known : expected;

  context.backend->detach(network_of(endpoint, context), endpoint);

  // Only now may the address go to another container. A Go plugin's lease has no owner on record.
  const bool by_address = known && known->legacy && !known->addressing.addresses.empty();
  ipam_of(request, lock.fd())
      ->del(by_address ? net::to_string(known->addressing.addresses.front().address) : "");

  // Had a step thrown, the record would still be here for the next DEL.
  context.endpoints.erase(expected.spec.id.key());
}

void del(const cni::Request& request, Context& context) {
  const network::EndpointId id = id_of(request);
  if (id.container_id != request.container_id)
    return;  // it shares another container's: not its own
  const auto lock = context.locks.lock(id.key());
  teardown(request, lock, context);
  log::info("detached {} of {}", request.if_name, request.container_id);
}

}  // namespace azcni::vnet
