// azure-vnet-ipam: the CNI plugin that hands out the addresses Azure assigned to the VM's NICs.

#include "azcni/base/paths.h"
#include "azcni/cli/command_line.h"
#include "azcni/cni/plugin.h"
#include "azcni/cni/version.h"
#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {

namespace {

/// What of the configuration every verb needs, DEL included, whatever else is wrong with it.
Context open(const cni::Request& request) {
  return Context(data_folder(request), cooldown(request));
}

cni::Handlers handlers() {
  cni::Handlers verbs;
  verbs.add = [](const cni::Request& request) {
    const Config config = parse_config(request);  // before anything is touched
    Context context = open(request);
    return add(request, config, context);
  };
  verbs.check = [](const cni::Request& request) {
    Context context = open(request);
    check(request, context);
  };
  verbs.del = [](const cni::Request& request) {
    Context context = open(request);
    del(request, context);
  };
  verbs.gc = [](const cni::Request& request) {
    Context context = open(request);
    gc(request, context);
  };
  verbs.status = [](const cni::Request& request) {
    const Config config = parse_config(request);
    Context context = open(request);
    status(request, config, context);
  };
  verbs.options.del_by_address = true;
  return verbs;
}

}  // namespace
}  // namespace azcni::vnet_ipam

int main(int argc, char** argv) {
  using namespace azcni;
  if (cni::called_by_runtime(argc))
    return cni::run_plugin(paths::log_file("azure-vnet-ipam"), vnet_ipam::handlers());
  return cli::run_command_line(
      argc, argv,
      {"azure-vnet-ipam", "hands out the addresses that Azure assigned to this VM's NICs",
       paths::log_file("azure-vnet-ipam"), cni::supported_versions(), vnet_ipam::command_line()});
}
