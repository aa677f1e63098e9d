// Restores what living attachments lack on the host. It looks at all of them, so one process does
// it at most once in kInterval.
//
// The lock of another attachment is tried, never waited for. One without its link is left alone,
// and so is an incomplete record: the ADD that holds its lock completes it.

#include "repair.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "network.h"
#include "rebuild.h"
#include "record_cache.h"

namespace azcni::vnet {
namespace {

using States = std::vector<network::NicState>;

constexpr std::chrono::seconds kInterval{10};
constexpr std::chrono::seconds kPatience{10};  ///< of a person who asks
constexpr const char* kLock = "repair";
constexpr const char* kLastSweep = "sweep";

std::vector<network::EndpointRecord> list_complete(const Context& context) {
  std::vector<network::EndpointRecord> complete;
  for (auto& [key, record] : context.endpoints.list()) {
    if (record.complete) complete.push_back(std::move(record));
  }
  return complete;
}

/// Networks that have containers, each by itself: what one of them is refused is not the others'
/// business. Returns those that are whole, with their NICs.
States put_back_networks(const std::vector<network::EndpointRecord>& endpoints, Context& context) {
  States states = list_states(context);
  for (network::NicState& state : states) {
    std::erase_if(state.networks, [&](const network::NetworkRecord& network) {
      const auto is_on_it = [&](const auto& each) { return is_of(each, network); };
      if (is_connected(network, context)) return false;
      if (std::none_of(endpoints.begin(), endpoints.end(), is_on_it)) return true;
      try {
        try_put_back_network(network, context);
      } catch (const Error& error) {
        log::warning("put back network {}: {}", network.spec.name, error.what());
      }
      return true;  // with its containers, by whoever does it
    });
  }
  return states;
}

/// With the network and the NIC of an attachment.
template <typename Do>
void with_network(const network::EndpointRecord& record, const States& states, const Do& act) {
  for (const network::NicState& state : states) {
    for (const network::NetworkRecord& network : state.networks) {
      if (is_of(record, network)) act(network, state);
    }
  }
}

void repair(const network::Broken& broken, const States& states, const Context& context) {
  const std::string key = broken.id.key();
  const auto lock = context.locks.try_lock(key);
  if (!lock) return;
  const auto record = context.endpoints.find(key);  // again: now no other verb changes it
  if (!record || !record->complete) return;
  with_network(*record, states, [&](const auto& network, const auto& state) {
    context.backend->restore(network, state, *record);
    log::info("{} lacked {} on the host, and more perhaps: put back", key, broken.missing.front());
  });
}

/// The first look since the boot, or since the records were lost.
bool are_records_lost(const std::optional<Look>& last, const Context& context) {
  return !last || context.store.is_new("endpoints") || has_damaged_records(context);
}

void look(const std::optional<Look>& last, Context& context) {
  ErrorList errors;
  auto endpoints = list_for_look(context);
  if (are_records_lost(last, context)) {
    errors.attempt([&] { rebuild_records(context); });
    endpoints = list_for_look(context);
  }
  if (endpoints.empty()) return errors.throw_if_any();
  Look now{context.began};
  context.looked.put(kLastLook, now);  // first: others need not look meanwhile
  const States states = put_back_networks(endpoints, context);
  for (const network::Broken& each : context.backend->find_broken(states, endpoints))
    errors.attempt([&] { repair(each, states, context); });
  try {
    errors.throw_if_any();
  } catch (const Error& error) {
    now.trouble = error.what();
    context.looked.put(kLastLook, now);
    throw;
  }
}

/// True once in the interval, to one process. Else what the last look could not put back is thrown.
bool is_due(const std::optional<Look>& last, const Context& context) {
  if (!last || context.began - last->at >= kInterval) return true;
  if (!last->trouble.empty()) throw Error(ErrorCode::kSystem, last->trouble);
  return false;
}

}  // namespace

void repair_attachments(Context& context) {
  if (!is_due(context.looked.find(kLastLook), context)) return;
  const auto lock = context.locks.try_lock(kLock);
  if (!lock) return;
  const auto last = context.looked.find(kLastLook);
  if (is_due(last, context)) look(last, context);
}

void sweep_tables(Context& context, bool at_once) {
  if (!at_once && !is_due(context.looked.find(kLastSweep), context)) return;
  const auto lock = context.locks.try_lock(kLock);
  if (!lock) return;
  context.looked.put(kLastSweep, {context.began});
  context.backend->sweep([&] {
    std::vector<network::EndpointRecord> on_record;
    for (auto& each : context.endpoints.list()) on_record.push_back(std::move(each.second));
    return on_record;
  });
}

void repair_whole(const std::string& key, const Context& context) {
  const auto lock = context.locks.lock(key, kPatience);
  const auto record = context.endpoints.find(key);
  if (!record || !record->complete) return;
  with_network(*record, list_states(context), [&](const auto& network, const auto& state) {
    context.backend->restore(network, state, *record);
    context.backend->restore_container(network, state, *record);
  });
  context.looked.erase(kLastLook);  // what it could not put back may be whole now
}

std::vector<network::Broken> find_broken(const Context& context) {
  return context.backend->find_broken(list_states(context), list_complete(context));
}

}  // namespace azcni::vnet
