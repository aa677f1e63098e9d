// azure-vnet-ipam STATUS: is there an address for one more container?
//
// A node that is full is none that is broken: Kubernetes takes a STATUS that fails for a node
// without network, and evicts its healthy pods (docs/adr/0022). ADD says that no address is free.

#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "choice.h"
#include "refresh.h"

namespace azcni::vnet_ipam {
namespace {

/// As ADD, which asks the kernel who else has an address. Throws Error(kNoAddress).
void require_unused(const std::vector<ipam::Pool>& pools, const ipam::AllocationRequest& wanted,
                    const Context& context) {
  ipam::Refused refused;
  for (;;) {
    const net::IpAddress address = context.leases.find_free(pools, wanted, refused);
    const auto user = net::find_user_of(address);
    if (!user) return;
    refused.emplace(net::to_string(address), *user);
  }
}

void require_address(net::Family family, const cni::Request& request, const Config& config,
                     Context& context) {
  const ipam::AllocationRequest wanted = allocation_request(family, config, request, context);
  // New addresses are learned here too: a runtime that is told "none" sends no ADD to do it.
  Refresh refresh(config, metadata_source(config), context);
  const std::vector<ipam::Pool> pools =
      usable(refresh.polled_pools(wanted), request, config, context);
  try {
    require_unused(pools, wanted, context);
  } catch (const Error& error) {
    const bool is_full =
        error.code() == ErrorCode::kNoAddress && context.leases.allocator(pools).serves(wanted);
    if (!is_full || config.full_is_unavailable) throw;
    log::debug("{}", error.what());
  }
}

}  // namespace

void status(const cni::Request& request, const Config& config, Context& context) {
  try {
    for (const net::Family family : config.families)
      require_address(family, request, config, context);
  } catch (const Error& error) {
    const bool is_lasting =
        error.code() == ErrorCode::kNoAddress || error.code() == ErrorCode::kMetadata;
    if (!is_lasting) throw;
    throw Error(ErrorCode::kNotAvailable, error.what(), error.details());
  }
}

}  // namespace azcni::vnet_ipam
