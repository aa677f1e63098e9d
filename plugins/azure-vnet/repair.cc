// Restores what living attachments lack on the host. It looks at all of them, so one process does
// it at most once in kInterval.
//
// The lock of another attachment is tried, never waited for. One without its link is left alone,
// and so is an incomplete record: the ADD that holds its lock completes it.

#include "repair.h"

#include "azcni/base/log.h"
#include "network.h"

namespace azcni::vnet {
namespace {

constexpr std::chrono::seconds kInterval{10};
constexpr const char* kLock = "repair";
constexpr const char* kLooked = "attachments";

/// True once in the interval, to one process.
bool is_due(const Context& context) {
  const auto last = context.looked.find(kLooked);
  return !last || context.began - std::chrono::microseconds(*last) >= kInterval;
}

void repair(const network::NetworkRecord& network, const network::EndpointId& id,
            const Context& context) {
  const auto lock = context.locks.try_lock(id.key());
  if (!lock) return;
  const auto record = context.endpoints.find(id.key());  // again: now nobody else changes it
  if (!record || !record->complete) return;
  context.backend->restore(network, state_of(network.spec.master, context), *record);
  log::info("{} lacked something on the host: put back", id.key());
}

}  // namespace

void repair_attachments(Context& context, bool at_once) {
  if (!at_once && !is_due(context)) return;
  const auto lock = context.locks.try_lock(kLock);
  if (!lock || (!at_once && !is_due(context))) return;
  ErrorList errors;
  for (const auto& each : context.networks.list()) {
    const network::NetworkRecord& network = each.second;
    if (!is_connected(network, context)) continue;  // whoever connects it puts back all of them
    const auto containers = containers_of(each.first, context);
    if (!containers.empty()) context.looked.put(kLooked, context.began.count());
    for (const network::EndpointId& id :
         context.backend->find_broken(network, state_of(network.spec.master, context), containers))
      errors.attempt([&] { repair(network, id, context); });
  }
  errors.throw_if_any();
}

}  // namespace azcni::vnet
