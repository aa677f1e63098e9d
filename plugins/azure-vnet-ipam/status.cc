// azure-vnet-ipam STATUS: is there an address for one more container?

#include "ipam.h"
#include "refresh.h"

namespace azcni::vnet_ipam {

void status(const cni::Request& request, const Config& config, Host& host) {
  try {
    for (const net::Family family : config.families) {
      const ipam::Wish wish{family, config.master, config.subnet, std::nullopt,
                            host.ledger.preferred_pool(request.config.name, family)};
      // New addresses are learned here too: a runtime that is told "none" sends no ADD to do it.
      host.ledger.require_free(polled_pools(config, wish, host), wish);
    }
  } catch (const Error& error) {
    const bool is_lasting =
        error.code() == ErrorCode::kNoAddress || error.code() == ErrorCode::kMetadata;
    if (!is_lasting) throw;
    throw Error(ErrorCode::kNotAvailable, error.what(), error.details());
  }
}

}  // namespace azcni::vnet_ipam
