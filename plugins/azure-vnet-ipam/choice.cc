#include "choice.h"

#include <algorithm>
#include <set>

#include "azcni/net/interfaces.h"

namespace azcni::vnet_ipam {
namespace {

bool may_use_any_nic(const cni::Request& request, const Config& config) {
  return config.master.empty() && net::networks_span_nics() && is_for_azure_vnet(request);
}

bool needs_address_of_host(const cni::Request& request) {
  const Fields fields = request.config.fields();
  const auto runtime = fields.object("runtimeConfig");
  return fields.flag("ipMasq") || (runtime && !runtime->objects("portMappings").empty());
}

/// What NICs leave out that can't serve all families: an attachment is of one NIC.
void keep_complete(std::vector<ipam::Pool>& pools, const Config& config, const Context& context) {
  if (config.families.size() < 2 || !config.requested.empty()) return;
  const ipam::Allocator allocator = context.leases.allocator(pools);
  std::set<std::string> complete;
  for (const ipam::Pool& pool : pools) {
    const auto serves = [&](net::Family family) {
      return allocator.can_serve({.family = family, .interface = pool.interface});
    };
    if (std::all_of(config.families.begin(), config.families.end(), serves))
      complete.insert(pool.interface);
  }
  if (complete.empty()) return;
  std::erase_if(pools, [&](const auto& pool) { return complete.count(pool.interface) == 0; });
}

bool has_free(const std::vector<ipam::Pool>& pools, const Config& config, const Context& context) {
  const ipam::Allocator allocator = context.leases.allocator(pools);
  return std::all_of(config.families.begin(), config.families.end(),
                     [&](net::Family family) { return allocator.can_serve({.family = family}); });
}

}  // namespace

bool is_for_azure_vnet(const cni::Request& request) {
  return request.config.fields().text("type") == "azure-vnet";
}

ipam::AllocationRequest allocation_request(net::Family family, const Config& config,
                                           const cni::Request& request, const Context& context) {
  ipam::AllocationRequest wanted{family, config.master, config.subnet, std::nullopt};
  wanted.any_nic = may_use_any_nic(request, config);
  if (!wanted.any_nic)
    wanted.preferred = context.leases.preferred_pool(request.config.name, family);
  return wanted;
}

std::vector<ipam::Pool> usable(std::vector<ipam::Pool> pools, const cni::Request& request,
                               const Config& config, const Context& context) {
  const auto is_of_first = [&](const ipam::Pool& pool) {
    return pool.interface == pools.front().interface;
  };
  if (!config.master.empty() || std::all_of(pools.begin(), pools.end(), is_of_first)) return pools;
  const bool any_nic = may_use_any_nic(request, config);
  if (any_nic) keep_complete(pools, config, context);
  std::vector<ipam::Pool> configured;
  std::copy_if(pools.begin(), pools.end(), std::back_inserter(configured),
               [](const auto& pool) { return net::find_interface_in(pool.subnet).has_value(); });
  if (any_nic && !needs_address_of_host(request) && !has_free(configured, config, context))
    return pools;
  if (!configured.empty()) return configured;
  throw Error(ErrorCode::kNoAddress,
              "no NIC of this host has an address in the subnet of its pool, " +
                  net::to_string(pools.front().subnet) + " of " + pools.front().interface,
              "configure the NIC, or name it in `master`");
}

}  // namespace azcni::vnet_ipam
