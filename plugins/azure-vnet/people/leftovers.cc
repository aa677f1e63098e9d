#include "leftovers.h"

#include "azcni/base/places.h"
#include "node.h"

namespace azcni::vnet {
namespace {

/// What is valid of a network, since nobody tells us: those whose container is there.
std::vector<cni::Attachment> living(const std::string& network, const Host& host) {
  std::vector<cni::Attachment> valid;
  for (const auto& [key, record] : host.endpoints.list()) {
    if (record.spec.network != network || !record.complete) continue;
    if (!host.backend->is_gone(record.spec.sandbox))
      valid.push_back({record.spec.id.container_id, record.spec.id.if_name});
  }
  return valid;
}

}  // namespace

std::string trouble_of(const network::EndpointRecord& record, const Host& host) {
  if (!record.complete)
    return host.turns.try_for(record.spec.id.key()) ? "half made" : "";  // an ADD has its turn
  if (host.backend->is_gone(record.spec.sandbox)) return "its container is gone";
  if (!host.backend->is_attached(record.spec)) return "its link is gone";
  return "";
}

std::vector<network::EndpointRecord> collect_leftovers(Host& host, bool dry_run) {
  const std::vector<Json> networks = azure_networks(places::config_folder());
  if (networks.empty()) {
    throw Error(ErrorCode::kInvalidConfig,
                "no file of " + places::config_folder() + " has a plugin of type azure-vnet",
                "gc needs the configuration to know the IPAM plugin");
  }
  std::vector<network::EndpointRecord> leftovers;
  for (const Json& network : networks) {
    const cni::Request request =
        gc_request(network, living(network.value("name", std::string()), host));
    for (network::EndpointRecord& record : find_stale(request, host)) {
      if (!trouble_of(record, host).empty()) leftovers.push_back(std::move(record));
    }
    if (!dry_run) gc(request, host);
  }
  return leftovers;
}

}  // namespace azcni::vnet
