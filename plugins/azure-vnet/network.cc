// The network that containers are attached to: made by the first of them, looked at by each.

#include "network.h"

#include <algorithm>
#include <map>

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"

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

Held hold_containers(const std::string& network, const Context& context, const Held& but = {}) {
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

network::NetworkRecord connect(const network::NetworkSpec& wanted,
                               const std::optional<network::NetworkRecord>& known,
                               Context& context) {
  const Held held = hold_containers(wanted.name, context);
  UndoStack undo;
  auto [nic, network] =
      context.backend->connect(wanted, known, state_of(wanted.master, context), held.records, undo);
  network.connected_at = store::uptime();
  context.nics.put(nic.name, nic);
  context.networks.put(wanted.name, network);
  undo.dismiss();
  // An ADD that became complete since the look above may have looked at the record of before.
  for (const network::EndpointRecord& late : hold_containers(wanted.name, context, held).records)
    context.backend->restore(network, state_of(wanted.master, context), late);
  return network;
}

}  // namespace

std::vector<network::EndpointRecord> containers_of(const std::string& network,
                                                   const Context& context) {
  std::vector<network::EndpointRecord> containers;
  for (auto& [key, record] : context.endpoints.list()) {
    if (record.complete && record.spec.network == network) containers.push_back(std::move(record));
  }
  return containers;
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
  const auto network = context.networks.find(endpoint.spec.network);
  if (!network) return "network " + endpoint.spec.network + " on record";
  std::string text;
  for (const std::string& each :
       context.backend->missing(*network, state_of(network->spec.master, context), endpoint))
    text += (text.empty() ? "" : "; ") + each;
  return text;
}

network::NetworkRecord ensure_network(network::NetworkSpec wanted,
                                      const AddressSource& await_addressing, Context& context) {
  std::optional<network::NetworkRecord> known;
  const auto is_there = [&] {
    known = context.networks.find(wanted.name);
    return known && fits(known->spec, wanted) && is_connected(*known, context);
  };
  if (is_there()) return *known;
  if (known && wanted.master.empty()) wanted.master = known->spec.master;
  if (known && wanted.bridge.name.empty()) wanted.bridge.name = known->spec.bridge.name;
  // IPAM may be asking Azure by the very NIC that is about to move: let it finish. No lock yet.
  const network::Addressing addressing = await_addressing();
  if (wanted.master.empty() && addressing.addresses.empty()) {
    throw Error(ErrorCode::kTryAgain, "network " + wanted.name + " was removed meanwhile",
                "the next ADD makes it again");
  }
  if (wanted.master.empty())
    wanted.master = network::find_master(addressing.addresses.front().network());
  wanted.hns.subnets = subnets_of(addressing);

  const auto lock = context.locks.lock("network " + wanted.master);  // its NIC is what is changed
  if (is_there()) return *known;                                     // somebody was faster
  const network::NetworkRecord network = connect(wanted, known, context);
  log::info("network {} is connected by {}, mode {}", wanted.name, wanted.master,
            to_string(wanted.mode));
  return network;
}

void restore_if_remade(const network::NetworkRecord& network,
                       const network::EndpointRecord& endpoint, const Context& context) {
  const auto now = context.networks.find(network.spec.name);
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
  const auto now = context.networks.find(known.spec.name);
  if (!now || is_connected(*now, context)) return;  // somebody was faster
  connect(now->spec, now, context);
  log::info("network {} is put back", known.spec.name);
}

void remove_network(const std::string& name, Context& context) {
  const auto known = context.networks.find(name);
  if (!known) throw Error(ErrorCode::kNoMaster, "there is no network \"" + name + "\"");
  const auto lock = context.locks.lock("network " + known->spec.master);
  for (const auto& [key, record] : context.endpoints.list()) {
    if (record.spec.network != name) continue;
    throw Error(ErrorCode::kAlreadyAttached,
                "network " + name + " has containers: " + record.spec.id.container_id,
                "drain the node first");
  }
  network::NicState rest = state_of(known->spec.master, context);
  std::erase_if(rest.networks, [&](const auto& each) { return each.spec.name == name; });
  std::vector<network::EndpointRecord> attached;
  for (const network::NetworkRecord& each : rest.networks) {
    const auto more = containers_of(each.spec.name, context);
    attached.insert(attached.end(), more.begin(), more.end());
  }
  std::vector<network::NetworkRecord> others;
  for (auto& [other, record] : context.networks.list()) {
    if (other != name) others.push_back(std::move(record));
  }
  const network::NicRecord nic = context.backend->disconnect(*known, rest, others, attached);
  if (rest.networks.empty()) {
    context.nics.erase(nic.name);
  } else {
    context.nics.put(nic.name, nic);
  }
  context.networks.erase(name);
}

}  // namespace azcni::vnet
