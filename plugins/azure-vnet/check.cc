// azure-vnet CHECK: is everything there that ADD promised?

#include <algorithm>

#include "vnet.h"

namespace azcni::vnet {
namespace {

Error broken(const std::string& message) {
  return {ErrorCode::kCheckFailed, message, "the container has to be created anew"};
}

/// What was promised, as the caller remembers it, against what is on record.
void compare(const cni::Result& promised, const network::EndpointRecord& record) {
  const std::string& if_name = record.spec.id.if_name;
  const auto is_ours = [&](const cni::Interface& interface) {
    return !interface.sandbox.empty() && interface.name == if_name;
  };
  if (std::none_of(promised.interfaces.begin(), promised.interfaces.end(), is_ours))
    throw broken("prevResult lacks interface " + if_name + " of the container");
  for (const cni::Interface& interface : promised.interfaces) {
    const bool is_container = is_ours(interface);
    const bool is_host = interface.sandbox.empty() && interface.name == record.spec.host_if;
    if (!is_container && !is_host) continue;  // of a plugin chained after us
    if (interface.mac &&
        *interface.mac != (is_container ? record.spec.container_mac : record.spec.host_mac)) {
      throw broken("prevResult has another MAC address for " + interface.name + ": " +
                   net::to_string(*interface.mac));
    }
  }
  for (const net::Prefix& address : record.addressing.addresses) {
    const auto is_it = [&](const cni::IpConfig& ip) {
      return ip.address.address == address.address;
    };
    if (std::none_of(promised.ips.begin(), promised.ips.end(), is_it)) {
      throw broken("prevResult lacks address " + net::to_string(address));
    }
  }
}

}  // namespace

void check(const cni::Request& request, Host& host) {
  parse_config(request);
  const network::EndpointId id = id_of(request);
  const auto turn = host.turns.wait_for(id.key());
  const auto record = host.endpoints.find(id.key());
  if (!record || !record->complete) {
    throw broken("there is no complete attachment of " + id.if_name + " of container " +
                 id.container_id + " on record");
  }
  compare(request.config.prev_result().value_or(cni::Result{}), *record);
  network::EndpointSpec endpoint = record->spec;
  endpoint.sandbox = request.netns;
  const auto network = host.networks.find(record->spec.network);
  if (!network) throw broken("there is no network " + record->spec.network + " on record");
  host.backend->verify(*network, endpoint, record->addressing);
  cni::Delegate(request, turn.fd()).check();
}

}  // namespace azcni::vnet
