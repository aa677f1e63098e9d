#include "rebuild.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "ipam_reports.h"
#include "network.h"

namespace azcni::vnet {
namespace {

using Records = std::vector<network::EndpointRecord>;

/// Whose an attachment may be that is on no record.
struct Owner {
  network::EndpointId id;
  std::string network;
  std::vector<net::Prefix> leases;
  std::string nic = {};  ///< of the leases
};

network::EndpointId parse_key(const std::string& key) {
  const std::size_t at = key.rfind('@');
  if (at == std::string::npos) return {key, ""};
  return {key.substr(0, at), key.substr(at + 1)};
}

/// Addresses with the lengths of their subnets.
std::vector<net::Prefix> prefixes_of(const cli::LeaseReport& lease) {
  const auto address = net::parse_ip(lease.address);
  const auto subnet = net::parse_prefix(lease.subnet);
  if (!address || !subnet) return {};
  return {{*address, subnet->length}};
}

std::vector<Owner> find_owners(const Context& context) {
  std::vector<Owner> owners;
  const auto owner_of = [&](const network::EndpointId& id) -> Owner& {
    const auto known = std::find_if(owners.begin(), owners.end(),
                                    [&](const Owner& each) { return each.id == id; });
    return known != owners.end() ? *known : owners.emplace_back(Owner{id, "", {}});
  };
  const Attempt<IpamLeases> held(query_leases);
  if (!held.failure.empty()) log::info("leases are not asked for owners: {}", held.failure);
  for (const cli::LeaseReport& lease : held.report.leases) {
    Owner& owner = owner_of({lease.container_id, lease.if_name});
    owner.network = lease.network;
    owner.nic = lease.interface;
    const auto prefixes = prefixes_of(lease);
    owner.leases.insert(owner.leases.end(), prefixes.begin(), prefixes.end());
  }
  const std::vector<std::string> networks = network_names(context);
  for (const std::string& key : context.endpoints.damaged()) {
    Owner& owner = owner_of(parse_key(key));
    if (owner.network.empty() && networks.size() == 1) owner.network = networks.front();
  }
  return owners;
}

/// Attachments that live and are on no record, whose they may be.
Records find_unrecorded(const Context& context) {
  Records links = context.backend->list_attached();
  if (links.empty()) return links;
  for (const auto& each : context.endpoints.list()) {
    const net::MacAddress& mac = each.second.spec.host_mac;
    std::erase_if(links, [&](const auto& link) { return link.spec.host_mac == mac; });
  }
  return links;
}

void rebuild(network::EndpointRecord record, const Owner& owner, const Context& context) {
  const std::string key = owner.id.key();
  record.spec.id = owner.id;
  const auto lock = context.locks.try_lock(key);
  if (!lock || context.endpoints.find(key)) return;        // somebody is at work on it, or was
  if (!context.backend->is_attached(record.spec)) return;  // its DEL was faster
  record.spec.network = owner.network;
  // What the container gave itself besides is not its own.
  if (!owner.leases.empty()) record.addressing.addresses = owner.leases;
  if (record.addressing.addresses.empty()) return;
  if (const auto network = find_network(owner.network, owner.nic, context))
    record.placement = placement_in(*network, context);
  record.complete = record.rebuilt = true;
  record.written_at = store::uptime();
  context.endpoints.put(key, record);
  log::warning("the record of {} was lost: rebuilt from its link {}", key, record.spec.host_if);
}

}  // namespace

bool has_damaged_records(const Context& context) {
  std::vector<network::EndpointId> ids;
  for (const std::string& key : context.endpoints.damaged()) ids.push_back(parse_key(key));
  return !ids.empty() && !context.backend->find_attached(ids).empty();
}

void rebuild_records(Context& context) {
  const Records links = find_unrecorded(context);
  if (links.empty()) return;
  ErrorList errors;
  for (const Owner& owner : find_owners(context)) {
    const net::MacAddress mac = network::host_mac(owner.id);
    for (const network::EndpointRecord& link : links) {
      if (link.spec.host_mac == mac && !owner.network.empty())
        errors.attempt([&] { rebuild(link, owner, context); });
    }
  }
  errors.throw_if_any();
}

}  // namespace azcni::vnet
