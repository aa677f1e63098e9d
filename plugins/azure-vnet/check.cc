// azure-vnet CHECK: is everything there that ADD promised?

#include <algorithm>

#include "ipam.h"
#include "network.h"
#include "translate.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

Error broken(const std::string& message) {
  return {ErrorCode::kCheckFailed, message, "the container has to be created anew"};
}

/// What was promised, as the caller remembers it, against what is on record. What plugins chained
/// after us added is no concern of ours.
void compare(const cni::Result& promised, const network::EndpointRecord& record) {
  for (const network::EndpointInterface& ours : record.interfaces) {
    const auto matches = [&](const cni::Interface& each) {
      return each.name == ours.name && each.sandbox.empty() == ours.sandbox.empty();
    };
    const auto found =
        std::find_if(promised.interfaces.begin(), promised.interfaces.end(), matches);
    if (found == promised.interfaces.end()) throw broken("prevResult lacks interface " + ours.name);
    if (found->mac && ours.mac && *found->mac != *ours.mac) {
      throw broken("prevResult has another MAC address for " + ours.name + ": " +
                   net::to_string(*found->mac));
    }
  }
  for (const net::Prefix& address : record.addressing.addresses) {
    const auto matches = [&](const cni::IpConfig& ip) {
      return ip.address.address == address.address;
    };
    if (std::none_of(promised.ips.begin(), promised.ips.end(), matches)) {
      throw broken("prevResult lacks address " + net::to_string(address));
    }
  }
}

}  // namespace

void check(const cni::Request& request, Context& context) {
  parse_config(request);
  const network::EndpointId id = id_of(request);
  const auto lock = context.locks.lock(id.key());
  const auto record = context.endpoints.find(id.key());
  if (!record || !record->complete) {
    throw broken("there is no complete attachment of " + id.if_name + " of container " +
                 id.container_id + " on record");
  }
  compare(request.config.prev_result().value_or(cni::Result{}), *record);
  network::EndpointRecord expected = *record;
  expected.spec.sandbox = request.netns;
  if (const std::string missing = find_missing(expected, context); !missing.empty())
    throw broken("missing: " + missing);
  ipam_of(request, lock.fd())->check();
}

}  // namespace azcni::vnet
