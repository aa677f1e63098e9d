#include "stale.h"

#include <algorithm>

#include "gc.h"
#include "ipam_reports.h"
#include "runtime_config.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

constexpr const char* kIpamType = "azure-vnet-ipam";

/// What is valid of a network, since nobody tells us: what has its link.
std::vector<cni::Attachment> live_attachments(const std::string& network, const Context& context) {
  std::vector<cni::Attachment> valid;
  for (const auto& [key, record] : context.endpoints.list()) {
    if (record.spec.network == network && record.complete &&
        context.backend->is_attached(record.spec))
      valid.push_back({record.spec.id.container_id, record.spec.id.if_name});
  }
  return valid;
}

/// True if all of the network's leases are in azure-vnet-ipam's own folder, the one that is listed.
bool has_listed_leases(const Json& network) {
  const Json ipam = network.value("ipam", Json::object());
  return ipam.is_object() && ipam.value("type", Json()) == kIpamType && !ipam.contains("dataDir");
}

}  // namespace

std::string problem_of(const network::EndpointRecord& record, const Context& context) {
  if (!record.complete)
    return context.locks.try_lock(record.spec.id.key()) ? "half made"
                                                        : "";  // an ADD holds its lock
  return context.backend->is_attached(record.spec) ? "" : "its link is gone";
}

std::vector<UnrecordedLease> find_unrecorded_leases(const Context& context) {
  // A record comes before its lease and goes after it: asked for in this order, a container that is
  // being attached has both.
  const IpamLeases held = query_leases();
  std::vector<std::string> known;
  for (const auto& [key, record] : context.endpoints.list()) known.push_back(key);
  std::vector<UnrecordedLease> leases;
  std::vector<network::EndpointId> owners;
  for (const cli::LeaseReport& each : held.leases) {
    UnrecordedLease lease{each.address, each.network, {each.container_id, each.if_name}, false};
    if (std::find(known.begin(), known.end(), lease.owner.key()) != known.end()) continue;
    owners.push_back(lease.owner);
    leases.push_back(std::move(lease));
  }
  const auto attached = context.backend->find_attached(owners);
  for (UnrecordedLease& lease : leases)
    lease.lives = std::find(attached.begin(), attached.end(), lease.owner) != attached.end();
  return leases;
}

std::vector<network::EndpointRecord> collect_all_stale(Context& context,
                                                       const std::string& config_folder,
                                                       bool dry_run) {
  const std::vector<Json> networks = azure_networks(config_folder);
  if (networks.empty()) {
    throw Error(ErrorCode::kInvalidConfig,
                "no file of " + config_folder + " has a plugin of type azure-vnet",
                "gc needs the configuration to know the IPAM plugin");
  }
  std::vector<network::EndpointRecord> stale;
  for (const Json& network : networks) {
    const std::string name = Fields(network, "").text("name");
    cni::Request request = gc_request(network, live_attachments(name, context));
    request.listed_at = context.began;  // we made the list ourselves
    for (network::EndpointRecord& record : find_stale(request, context)) {
      if (!problem_of(record, context).empty()) stale.push_back(std::move(record));
    }
    if (dry_run) continue;
    if (!has_listed_leases(network)) {
      collect_stale(request, context);
      continue;
    }
    for (const UnrecordedLease& lease : find_unrecorded_leases(context)) {
      if (lease.lives) request.valid->push_back({lease.owner.container_id, lease.owner.if_name});
    }
    gc(request, context);
  }
  return stale;
}

}  // namespace azcni::vnet
