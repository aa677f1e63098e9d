// The network that containers are attached to: made by the first of them, looked at by each.

#include "network.h"

#include <algorithm>
#include <map>
#include <set>

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"
#include "azcni/net/interfaces.h"

namespace azcni::vnet {
namespace {

std::vector<network::Subnet> subnets_of(const network::Addressing& addressing) {
  std::vector<network::Subnet> subnets;
  for (const net::Prefix& address : addressing.addresses) {
    network::Subnet subnet{address.network(), std::nullopt};
    for (const net::IpAddress& gateway : addressing.gateways) {
      if (subnet.prefix.contains(gateway)) subnet.gateway = gateway;
    }
    subnets.push_back(subnet);
  }
  return subnets;
}

/// Attachments of a network that are complete, each with its lock: what a network is made for is
/// not detached meanwhile, or its address would be led to for good.
struct Held {
  std::vector<store::NamedLock> locks;
  std::vector<network::EndpointRecord> records;

  bool has(const network::EndpointId& id) const {
    return std::any_of(records.begin(), records.end(),
                       [&](const auto& each) { return each.spec.id == id; });
  }
};

/// The lock of an attachment, waited for a moment: whoever holds that of a complete one waits for
/// no network.
std::optional<store::NamedLock> take_lock(const std::string& key, const Context& context) {
  auto lock = context.locks.try_lock(key);
  if (lock) return lock;
  try {
    return context.locks.lock(key, std::chrono::seconds(2));
  } catch (const Error& error) {
    log::warning("{} is left out of its network: {}", key, error.what());
    return std::nullopt;
  }
}

Held hold_containers(const network::NetworkRecord& network, const Context& context,
                     const Held& but = {}) {
  Held held;
  for (const network::EndpointRecord& found : containers_of(network, context)) {
    const std::string key = found.spec.id.key();
    if (but.has(found.spec.id)) continue;
    auto lock = take_lock(key, context);
    if (!lock) continue;
    auto record = context.endpoints.find(key);  // again: now nobody else changes it
    if (!record || !record->complete) continue;
    held.locks.push_back(std::move(*lock));
    held.records.push_back(std::move(*record));
  }
  return held;
}

/// See network.h.
std::string record_key(const std::string& name, const std::string& nic, const Context& context) {
  const auto first = context.networks.find(name);
  if (first && first->spec.master == nic) return name;
  const std::string own = name + " " + nic;
  return first || context.networks.find(own) ? own : name;
}

network::NetworkRecord connect(const network::NetworkSpec& wanted,
                               const std::optional<network::NetworkRecord>& known,
                               Context& context) {
  const Held held = hold_containers({.spec = wanted}, context);
  UndoStack undo;
  auto [nic, network] =
      context.backend->connect(wanted, known, state_of(wanted.master, context), held.records, undo);
  network.connected_at = store::uptime();
  context.nics.put(nic.name, nic);
  context.networks.put(record_key(wanted.name, wanted.master, context), network);
  undo.dismiss();
  // An ADD that became complete since the look above may have looked at the record of before.
  for (const network::EndpointRecord& late : hold_containers(network, context, held).records)
    context.backend->restore(network, state_of(wanted.master, context), late);
  return network;
}

std::vector<network::NetworkRecord> records_of(const std::string& name, const Context& context) {
  std::vector<network::NetworkRecord> records;
  for (auto& [key, record] : context.networks.list()) {
    if (record.spec.name == name) records.push_back(std::move(record));
  }
  return records;
}

/// By the NIC that they have or, of an ADD that is at work, may get.
void require_no_container(const network::NetworkRecord& known, const Context& context) {
  for (const auto& [key, record] : context.endpoints.list()) {
    if (!is_of(record, known)) continue;
    throw Error(ErrorCode::kAlreadyAttached,
                "network " + known.spec.name + " has containers: " + record.spec.id.container_id,
                "drain the node first");
  }
}

/// Under the lock of its NIC.
void disconnect(const network::NetworkRecord& known, Context& context) {
  const std::string& name = known.spec.name;
  const auto is_this = [&](const network::NetworkRecord& each) {
    return each.spec.name == name && each.spec.master == known.spec.master;
  };
  network::NicState rest = state_of(known.spec.master, context);
  std::erase_if(rest.networks, is_this);
  std::vector<network::EndpointRecord> attached;
  for (const network::NetworkRecord& each : rest.networks) {
    const auto more = containers_of(each, context);
    attached.insert(attached.end(), more.begin(), more.end());
  }
  std::vector<network::NicState> others = list_states(context);
  for (network::NicState& each : others) std::erase_if(each.networks, is_this);
  const network::NicRecord nic = context.backend->disconnect(known, rest, others, attached);
  if (rest.networks.empty()) {
    context.nics.erase(nic.name);
  } else {
    context.nics.put(nic.name, nic);
  }
  context.networks.erase(record_key(name, known.spec.master, context));
}

/// Its NIC was taken away, and no container is on it.
bool is_abandoned(const network::NetworkRecord& network, const Context& context) {
  return net::networks_span_nics() && !context.backend->find_mac(network.spec.master) &&
         containers_of(network, context).empty();
}

void remove_abandoned(const network::NetworkSpec& wanted, Context& context) {
  for (const network::NetworkRecord& each : records_of(wanted.name, context)) {
    if (each.spec.master == wanted.master || !is_abandoned(each, context)) continue;
    const auto lock = context.locks.lock("network " + each.spec.master);
    log::info("NIC {} is gone: network {} forgets it", each.spec.master, wanted.name);
    disconnect(each, context);
  }
}

/// Where there are several NICs, each is routed by its subnets.
bool knows(const network::NicState& on_nic, const std::vector<network::Subnet>& subnets) {
  if (!on_nic.nic || on_nic.nic->host_nics.empty()) return true;
  const auto& known = on_nic.nic->subnets;
  return std::all_of(subnets.begin(), subnets.end(), [&](const network::Subnet& each) {
    return each.prefix.length == each.prefix.address.bits() ||
           std::find(known.begin(), known.end(), each.prefix) != known.end();
  });
}

std::string master_of(const network::NetworkSpec& wanted, const network::Addressing& addressing,
                      const Context& context) {
  if (!wanted.master.empty()) return wanted.master;
  if (!addressing.nic.empty() && net::networks_span_nics()) return addressing.nic;
  for (const network::NetworkRecord& each : records_of(wanted.name, context)) {
    if (!is_abandoned(each, context)) return each.spec.master;
  }
  if (addressing.addresses.empty()) {
    throw Error(ErrorCode::kTryAgain, "network " + wanted.name + " was removed meanwhile",
                "the next ADD makes it again");
  }
  return network::find_master(addressing.addresses.front().network());
}

}  // namespace

std::vector<network::EndpointRecord> containers_of(const network::NetworkRecord& network,
                                                   const Context& context) {
  std::vector<network::EndpointRecord> containers;
  for (auto& [key, record] : context.endpoints.list()) {
    if (record.complete && is_of(record, network)) containers.push_back(std::move(record));
  }
  return containers;
}

std::vector<std::string> network_names(const Context& context) {
  std::set<std::string> names;
  for (const auto& [key, record] : context.networks.list()) names.insert(record.spec.name);
  return {names.begin(), names.end()};
}

std::optional<network::NetworkRecord> find_network(const std::string& name, const std::string& nic,
                                                   const Context& context) {
  auto first = context.networks.find(name);
  if (first && (nic.empty() || first->spec.master == nic)) return first;
  if (!nic.empty()) return context.networks.find(name + " " + nic);
  const auto records = records_of(name, context);
  return records.empty() ? std::nullopt : std::optional(records.front());
}

std::optional<network::NetworkRecord> network_of(const network::EndpointRecord& endpoint,
                                                 const Context& context) {
  return find_network(endpoint.spec.network, endpoint.placement.nic, context);
}

network::NicState state_of(const std::string& nic, const Context& context) {
  network::NicState state{context.nics.find(nic), {}};
  for (auto& [name, record] : context.networks.list()) {
    if (record.spec.master == nic) state.networks.push_back(std::move(record));
  }
  return state;
}

std::vector<network::NicState> list_states(const Context& context) {
  std::map<std::string, network::NicState> states;
  for (auto& [name, record] : context.networks.list()) {
    const std::string& nic = record.spec.master;
    if (states.count(nic) == 0) states[nic].nic = context.nics.find(nic);
    states[nic].networks.push_back(record);
  }
  std::vector<network::NicState> all;
  for (auto& [nic, state] : states) all.push_back(std::move(state));
  return all;
}

network::Placement placement_in(const network::NetworkRecord& network, const Context& context) {
  const std::string& nic = network.spec.master;
  return placement_of(context.nics.find(nic).value_or(network::NicRecord{.name = nic}), network);
}

bool is_connected(const network::NetworkRecord& network, const Context& context) {
  return context.backend->is_connected(network, state_of(network.spec.master, context));
}

std::string find_missing(const network::EndpointRecord& endpoint, const Context& context) {
  const auto network = network_of(endpoint, context);
  if (!network) return "network " + endpoint.spec.network + " on record";
  std::string text;
  for (const std::string& each :
       context.backend->missing(*network, state_of(network->spec.master, context), endpoint))
    text += (text.empty() ? "" : "; ") + each;
  return text;
}

network::NetworkRecord ensure_network(network::NetworkSpec wanted,
                                      const network::Addressing& addressing, Context& context) {
  wanted.master = master_of(wanted, addressing, context);
  wanted.subnets = subnets_of(addressing);
  std::optional<network::NetworkRecord> known;
  const auto is_there = [&] {
    known = find_network(wanted.name, wanted.master, context);
    if (!known || !fits(known->spec, wanted)) return false;
    const network::NicState on_nic = state_of(wanted.master, context);
    return knows(on_nic, wanted.subnets) && context.backend->is_connected(*known, on_nic);
  };
  if (is_there()) return *known;
  remove_abandoned(wanted, context);
  if (known && wanted.bridge.name.empty()) wanted.bridge.name = known->spec.bridge.name;

  const auto lock = context.locks.lock("network " + wanted.master);  // its NIC is what is changed
  if (is_there()) return *known;                                     // somebody was faster
  const network::NetworkRecord network = connect(wanted, known, context);
  log::info("network {} is connected by {}, mode {}", wanted.name, wanted.master,
            to_string(wanted.mode));
  return network;
}

void require_network(const network::NetworkSpec& wanted, Context& context) {
  const auto records = records_of(wanted.name, context);
  bool is_on_record = false;
  for (const network::NetworkRecord& known : records) {
    network::NetworkSpec spec = wanted;
    if (spec.master.empty()) spec.master = known.spec.master;
    if (spec.master != known.spec.master || is_abandoned(known, context)) continue;
    is_on_record = true;
    if (spec.bridge.name.empty()) spec.bridge.name = known.spec.bridge.name;
    context.backend->require_possible(spec, known);
    if (!is_connected(known, context)) ensure_network(spec, {}, context);
  }
  if (!is_on_record) context.backend->require_possible(wanted, std::nullopt);
}

void restore_if_remade(const network::NetworkRecord& network,
                       const network::EndpointRecord& endpoint, const Context& context) {
  const auto now = find_network(network.spec.name, network.spec.master, context);
  if (now && now->connected_at != network.connected_at)
    context.backend->restore(*now, state_of(now->spec.master, context), endpoint);
}

void mend_network(const network::NetworkRecord& known, Context& context) {
  const auto lock = context.locks.lock("network " + known.spec.master);
  if (is_connected(known, context)) return;  // somebody was faster
  connect(known.spec, known, context);
  log::info("network {} is mended", known.spec.name);
}

void try_put_back_network(const network::NetworkRecord& known, Context& context) {
  const auto lock = context.locks.try_lock("network " + known.spec.master);
  if (!lock) return;
  const auto now = find_network(known.spec.name, known.spec.master, context);
  if (!now || is_connected(*now, context)) return;  // somebody was faster
  connect(now->spec, now, context);
  log::info("network {} is put back", known.spec.name);
}

void remove_network(const std::string& name, Context& context) {
  const auto records = records_of(name, context);
  if (records.empty()) throw Error(ErrorCode::kNoMaster, "there is no network \"" + name + "\"");
  for (const network::NetworkRecord& each : records) {
    const auto lock = context.locks.lock("network " + each.spec.master);
    require_no_container(each, context);
    disconnect(each, context);
  }
}

}  // namespace azcni::vnet
