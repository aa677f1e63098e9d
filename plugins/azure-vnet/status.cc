// azure-vnet STATUS: would an ADD succeed? Cheap enough for a runtime that asks each second.
//
// A network that something took apart is mended here as an ADD would do it. A runtime that is told
// "not available" sends no ADD, so nothing else would, and containers that are attached suffer.

#include <algorithm>

#include "gc.h"
#include "ipam.h"
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

bool has_containers(const std::string& network, const Context& context) {
  const auto all = context.endpoints.list();
  return std::any_of(all.begin(), all.end(), [&](const auto& each) {
    return each.second.complete && each.second.spec.network == network;
  });
}

}  // namespace

void status(const cni::Request& request, const Config& config, Context& context) {
  const auto ipam = ipam_of(request);
  collect_unnamed(request, context);
  try {
    require_network(config.network, context);
    repair_attachments(context);
    sweep_tables(context);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidConfig) throw;
    throw not_available(error, has_containers(config.network.name, context));
  }
  ipam->status();
}

}  // namespace azcni::vnet
