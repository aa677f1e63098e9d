// azure-vnet GC: bring to "absent" what its runtime no longer knows of one network.
//
// The list is as old as the call. An attachment that an ADD made since then is not on it, and
// stays; so does one that another verb is at work on: its turn is not ours, and the next GC finds
// it.

#include "azcni/base/log.h"
#include "vnet.h"

namespace azcni::vnet {
namespace {

using std::chrono::microseconds;

cni::Attachment attachment_of(const network::EndpointRecord& record) {
  return {record.spec.id.container_id, record.spec.id.if_name};
}

/// The request that a DEL of this attachment would have been.
cni::Request as_del(const cni::Request& gc, const network::EndpointRecord& record) {
  cni::Request del = gc;
  del.command = cni::Command::kDel;
  del.container_id = record.spec.id.container_id;
  del.if_name = record.spec.id.if_name;
  del.netns = record.spec.sandbox;
  return del;
}

void collect(const cni::Request& request, const std::string& key, microseconds listed_at,
             Host& host) {
  const auto turn = host.turns.try_for(key);
  if (!turn) return;
  const auto record = host.endpoints.find(key);  // again: now nobody else changes it
  if (!record || record->written_at >= listed_at) return;
  bring_to_absent(as_del(request, *record), *turn, host);
  log::info("collected {}: its runtime does not know it", key);
}

/// What IPAM must keep: what is valid, and what is there still, for whatever reason.
std::vector<cni::Attachment> keep_list(const cni::Request& request, const Host& host) {
  std::vector<cni::Attachment> keep = request.valid;
  for (const auto& record : find_stale(request, host)) keep.push_back(attachment_of(record));
  return keep;
}

}  // namespace

std::vector<network::EndpointRecord> find_stale(const cni::Request& request, const Host& host) {
  std::vector<network::EndpointRecord> stale;
  for (auto& [key, record] : host.endpoints.list()) {
    const bool is_ours = record.spec.network == request.config.name;
    if (is_ours && !request.is_valid(attachment_of(record))) stale.push_back(std::move(record));
  }
  return stale;
}

void gc(const cni::Request& request, Host& host) {
  const microseconds listed_at = request.listed_at.value_or(host.began);
  const cni::Delegate ipam(request);
  ErrorList errors;
  for (const auto& record : find_stale(request, host))
    errors.attempt([&] { collect(request, record.spec.id.key(), listed_at, host); });
  errors.attempt([&] { ipam.gc(keep_list(request, host), listed_at); });
  host.turns.sweep();
  errors.throw_if_any();
}

}  // namespace azcni::vnet
