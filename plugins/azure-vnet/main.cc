// azure-vnet: the CNI plugin that attaches containers to the VNET of an Azure VM.

#include "azcni/base/paths.h"
#include "azcni/cli/command_line.h"
#include "azcni/cni/plugin.h"
#include "azcni/cni/version.h"
#include "cli/cli.h"
#include "verbs.h"

namespace azcni::vnet {
namespace {

std::unique_ptr<network::Backend> backend_for(const cni::Request& request) {
  return network::make_backend(parse_backend_options(request));
}

cni::Handlers handlers() {
  cni::Handlers verbs;
  verbs.add = [](const cni::Request& request) {
    const Config config = parse_config(request);  // before anything is touched
    Context context(backend_for(request));
    return add(request, config, context);
  };
  verbs.check = [](const cni::Request& request) {
    Context context(backend_for(request));
    check(request, context);
  };
  verbs.del = [](const cni::Request& request) {
    Context context(backend_for(request));
    del(request, context);
  };
  verbs.gc = [](const cni::Request& request) {
    Context context(backend_for(request));
    gc(request, context);
  };
  verbs.status = [](const cni::Request& request) {
    const Config config = parse_config(request);
    Context context(backend_for(request));
    status(request, config, context);
  };
  return verbs;
}

}  // namespace

}  // namespace azcni::vnet

int main(int argc, char** argv) {
  using namespace azcni;
  if (cni::called_by_runtime(argc))
    return cni::run_plugin(paths::log_file("azure-vnet"), vnet::handlers());
  return cli::run_command_line(
      argc, argv,
      {"azure-vnet", "attaches containers to the VNET of an Azure VM",
       paths::log_file("azure-vnet"), cni::supported_versions(), vnet::command_line()});
}
