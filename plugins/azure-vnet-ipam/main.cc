// azure-vnet-ipam: the CNI plugin that hands out the addresses Azure assigned to the VM's NICs.

#include "azcni/base/paths.h"
#include "azcni/cli/command_line.h"
#include "azcni/cni/plugin.h"
#include "azcni/cni/version.h"
#include "ipam.h"

int main(int argc, char** argv) {
  using namespace azcni;
  if (cni::called_by_runtime(argc))
    return cni::run_plugin(paths::log_file("azure-vnet-ipam"), vnet_ipam::handlers());
  return cli::run_command_line(
      argc, argv,
      {"azure-vnet-ipam", "hands out the addresses that Azure assigned to this VM's NICs",
       paths::log_file("azure-vnet-ipam"), cni::supported_versions(), vnet_ipam::command_line()});
}
