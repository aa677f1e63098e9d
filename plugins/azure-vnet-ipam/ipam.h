#pragma once

#include <string>

#include "azcni/cli/command_line.h"
#include "azcni/cni/plugin.h"
#include "azcni/cni/request.h"
#include "azcni/cni/result.h"
#include "azcni/ipam/pool.h"
#include "azcni/store/lock_table.h"
#include "azcni/store/store.h"
#include "config.h"
#include "lease_store.h"

namespace azcni::vnet_ipam {

/// The parts that the verbs work on, put together once for each call.
struct Context {
  explicit Context(const std::string& data_folder, LeaseStore::Cooldown cooldown = {});

  const std::chrono::microseconds began = store::uptime();  ///< this call
  store::Store store;
  store::LockTable locks;
  LeaseStore leases;
};

ipam::Owner owner_of(const cni::Request& request);

cni::Result add(const cni::Request& request, const Config& config, Context& context);
void check(const cni::Request& request, Context& context);
void del(const cni::Request& request, Context& context);
void gc(const cni::Request& request, Context& context);
void status(const cni::Request& request, const Config& config, Context& context);

/// All of them.
cni::Handlers handlers();

/// What people can ask: pools, leases, release.
std::vector<cli::CommandLineVerb> command_line();

}  // namespace azcni::vnet_ipam
