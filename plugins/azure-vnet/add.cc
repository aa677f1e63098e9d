// azure-vnet ADD: plug one container into the node's VNET.
//
// add() is the whole story, top to bottom. A step that touches the machine first pushes its
// inverse, and every inverse is a call that DEL makes too, so that leaving by exception leaves the
// node as DEL would. See docs/architecture.md.

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"
#include "gc.h"
#include "ipam.h"
#include "network.h"
#include "repair.h"
#include "translate.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

/// A whole attachment is left as it is. One that a killed ADD left incomplete is removed, with its
/// leases. Of one whose link is gone, since its netns is, the rest is removed, and it keeps its
/// leases.
void require_absent(const cni::Request& request, const network::EndpointSpec& endpoint,
                    const std::optional<network::EndpointRecord>& known,
                    const store::NamedLock& lock, Context& context) {
  if (known && !known->complete) {
    log::info("an earlier ADD died half way: undoing it");
    return teardown(request, lock, context);
  }
  if (context.backend->is_attached(known ? known->spec : endpoint)) {
    throw Error(ErrorCode::kAlreadyAttached,
                "interface " + endpoint.id.if_name + " of container " + endpoint.id.container_id +
                    " is attached already",
                "DEL it first; it was left as it is");
  }
  if (!known) return;
  log::info("the link of {} is gone: attaching it again", endpoint.id.key());
  context.backend->detach(network_of(*known, context), *known);
}

bool any_is_dead(const cni::Request& request, Context& context) {
  const auto others = find_stale(request, context);
  return std::any_of(others.begin(), others.end(), [&](const auto& each) {
    return each.spec.id != id_of(request) && !context.backend->is_attached(each.spec);
  });
}

/// What IPAM gives. When no address is free, those of attachments that are dead are taken back
/// first: a runtime whose DEL was killed sends no other.
cni::Result lease_of(const cni::Delegate& ipam, const cni::Request& request, Context& context) {
  try {
    return ipam.add();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNoAddress || !any_is_dead(request, context)) throw;
  }
  collect_stale(request, context);
  return ipam.add();
}

/// Of the ports of the host, one of all addresses and one of a single address are the same, which
/// the kernel doesn't know: who looks whether they are free is alone until it has them.
std::vector<network::EndpointInterface> attach_whole(const network::NetworkRecord& network,
                                                     const network::EndpointRecord& record,
                                                     const Context& context) {
  std::optional<store::NamedLock> lock;
  if (!record.options.ports.empty()) lock.emplace(context.locks.lock("ports"));
  return context.backend->attach(network, record);
}

/// It is not this ADD's business whether that succeeds.
void repair_others(Context& context) {
  try {
    repair_attachments(context);
  } catch (const Error& error) {
    log::warning("put back what attachments lack: {}", error.what());
  }
}

}  // namespace

cni::Result add(const cni::Request& request, const Config& config, Context& context) {
  const network::EndpointSpec endpoint = endpoint_spec_of(request);
  const std::string key = endpoint.id.key();
  collect_unnamed(request, context);
  repair_others(context);

  const auto lock = context.locks.lock(key);  // this attachment only; others pass
  const auto known = context.endpoints.find(key);
  if (known && known->complete && context.backend->share(known->spec, request.container_id))
    return result_from_record(*known, config);  // for another container of the pod
  require_absent(request, endpoint, known, lock, context);
  const auto ipam = ipam_of(request, lock.fd());

  network::EndpointRecord record = pending_record(request, config.endpoint, store::uptime());
  UndoStack undo;
  undo.push("forget the attachment", [&] { context.endpoints.erase(key); });
  context.endpoints.put(key, record);  // intent before effect

  undo.push("release the addresses", [&] { ipam->del(); });
  const cni::Result lease = lease_of(*ipam, request, context);
  record.addressing = addressing_of(lease, config, request.arg("K8S_POD_NAMESPACE"));

  // The network outlives the container: it is never undone for one that failed.
  const network::NetworkRecord network = ensure_network(config.network, record.addressing, context);
  record.placement = placement_in(network, context);
  context.endpoints.put(key, record);  // all that undoes or rebuilds it
  undo.push("detach the container", [&, network] { context.backend->detach(network, record); });
  record.interfaces = attach_whole(network, record, context);

  record.complete = true;
  record.written_at = store::uptime();
  context.endpoints.put(key, record);
  restore_if_remade(network, record, context);
  undo.dismiss();
  log::info("attached {} of {} by {} with {}", endpoint.id.if_name, request.netns, endpoint.host_if,
            net::to_string(record.addressing.addresses.front()));
  return to_result(record, lease, config);
}

}  // namespace azcni::vnet
