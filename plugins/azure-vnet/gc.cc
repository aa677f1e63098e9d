// azure-vnet GC: bring to "absent" what its runtime no longer knows of one network.
//
// The list is older than the call, and an attachment that an ADD made meanwhile is not on it. So
// one that lives and may be younger than the list is only noted, and goes later, unless a newer
// list names it. What another verb is at work on stays: its lock is not ours, and the next GC finds
// it.

#include "gc.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "ipam.h"
#include "translate.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

using std::chrono::microseconds;

microseconds listed_at(const cni::Request& request, const Context& context) {
  return request.listed_at.value_or(context.began - cni::kOldestList);
}

cni::Attachment attachment_of(const network::EndpointRecord& record) {
  return {record.spec.id.container_id, record.spec.id.if_name};
}

/// The request that a DEL of this attachment would have been.
cni::Request as_del(const cni::Request& request, const network::EndpointRecord& record) {
  cni::Request del = request;
  del.command = cni::Command::kDel;
  del.container_id = record.spec.id.container_id;
  del.if_name = record.spec.id.if_name;
  del.netns = record.spec.sandbox;
  return del;
}

void collect(const cni::Request& request, const std::string& key, microseconds since,
             Context& context) {
  const auto lock = context.locks.try_lock(key);
  if (!lock) return;
  const auto record = context.endpoints.find(key);  // again: now nobody else changes it
  if (!record) return;
  if (context.backend->is_attached(record->spec)) {
    if (!request.valid) return;  // nobody says that it may go
    if (record->complete && record->written_at >= since) {
      context.unnamed.put(key, record->written_at.count());
      log::info("{} is not on the list, and may be younger than it", key);
      return;
    }
  }
  teardown(as_del(request, *record), *lock, context);
  context.unnamed.erase(key);
  log::info("collected {}: its runtime does not know it", key);
}

/// A newer list has it.
void forget_named(const cni::Request& request, Context& context) {
  for (const std::string& key : context.unnamed.keys()) {
    const auto record = context.endpoints.find(key);
    if (!record || request.is_valid(attachment_of(*record))) context.unnamed.erase(key);
  }
}

/// What IPAM must keep: what is valid, and what is there still, for whatever reason.
std::vector<cni::Attachment> keep_list(const cni::Request& request, const Context& context) {
  std::vector<cni::Attachment> keep = *request.valid;
  for (const auto& record : find_stale(request, context)) keep.push_back(attachment_of(record));
  return keep;
}

}  // namespace

std::vector<network::EndpointRecord> find_stale(const cni::Request& request,
                                                const Context& context) {
  std::vector<network::EndpointRecord> stale;
  for (auto& [key, record] : context.endpoints.list()) {
    const bool is_ours = record.spec.network == request.config.name;
    if (is_ours && !request.is_valid(attachment_of(record))) stale.push_back(std::move(record));
  }
  return stale;
}

void collect_unnamed(const cni::Request& request, Context& context) {
  const microseconds old_enough = context.began - cni::kOldestList;
  for (const std::string& key : context.unnamed.keys()) {
    try {
      const auto noted = context.unnamed.find(key);
      const auto record = context.endpoints.find(key);
      if (!record || noted != record->written_at.count()) {
        context.unnamed.erase(key);  // detached since, and perhaps attached again
      } else if (record->spec.network == request.config.name && record->written_at < old_enough) {
        cni::Request gc = request;
        gc.valid.emplace();
        collect(gc, key, old_enough, context);
      }
    } catch (const Error& error) {
      log::warning("collect {}, which no list named: {}", key, error.what());
    }
  }
}

void collect_stale(const cni::Request& request, Context& context) {
  ErrorList errors;
  for (const auto& record : find_stale(request, context)) {
    errors.attempt(
        [&] { collect(request, record.spec.id.key(), listed_at(request, context), context); });
  }
  errors.attempt([&] { forget_named(request, context); });
  context.locks.sweep();
  errors.throw_if_any();
}

void gc(const cni::Request& request, Context& context) {
  const auto ipam = ipam_of(request);
  ErrorList errors;
  errors.attempt([&] { collect_stale(request, context); });
  // Without a list IPAM can't tell which of its owners live.
  if (request.valid)
    errors.attempt([&] { ipam->gc(keep_list(request, context), listed_at(request, context)); });
  errors.throw_if_any();
}

}  // namespace azcni::vnet
