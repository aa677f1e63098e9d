// azure-vnet STATUS: would an ADD succeed? Cheap enough for a runtime that asks each second.
//
// A network that something took apart is mended here as an ADD would do it. A runtime that is told
// "not available" sends no ADD, so nothing else would, and containers that are attached suffer.

#include "azcni/cni/delegate.h"
#include "gc.h"
#include "network.h"
#include "repair.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

/// An ADD would fail with `error`, and containers that are attached already have no network either.
Error not_available(const Error& error, bool has_containers) {
  return {has_containers ? ErrorCode::kLimited : ErrorCode::kNotAvailable, error.what(),
          error.details()};
}

}  // namespace

void status(const cni::Request& request, const Config& config, Context& context) {
  const cni::Delegate ipam(request);
  collect_unnamed(request, context);
  const auto known = context.networks.find(config.network.name);
  // The record names the NIC, and the network has its subnets.
  const auto no_addresses = [] { return network::Addressing{}; };
  try {
    network::NetworkSpec spec = config.network;
    if (known && spec.master.empty()) spec.master = known->spec.master;
    if (known && spec.bridge.name.empty()) spec.bridge.name = known->spec.bridge.name;
    context.backend->require_possible(spec, known);
    if (known && !is_connected(*known, context))
      ensure_network(config.network, no_addresses, context);
    repair_attachments(context);
    sweep_tables(context);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidConfig) throw;
    throw not_available(error, !containers_of(config.network.name, context).empty());
  }
  ipam.status();
}

}  // namespace azcni::vnet
