// azure-vnet: the CNI plugin that attaches containers to the VNET of an Azure VM.

#include "azcni/cni/command_line.h"
#include "azcni/cni/plugin.h"
#include "vnet.h"

namespace azcni::vnet {
namespace {

store::Layout layout(network::Backend& backend) {
  return {"/var/run/azure-vnet",
          "/var/run/azure-vnet.json",
          {"networks", "endpoints"},
          {"networks", "endpoints"},
          [&backend](const store::Store& store, const Json& state) {
            import_legacy(store, state, backend);
          }};
}

cni::Handlers handlers() {
  cni::Handlers verbs;
  verbs.add = [](const cni::Request& request) {
    const Config config = parse_config(request);  // before anything is touched
    Host host(network::make_backend());
    return add(request, config, host);
  };
  verbs.check = [](const cni::Request& request) {
    Host host(network::make_backend());
    check(request, host);
  };
  verbs.del = [](const cni::Request& request) {
    Host host(network::make_backend());
    del(request, host);
  };
  verbs.gc = [](const cni::Request& request) {
    Host host(network::make_backend());
    gc(request, host);
  };
  verbs.status = [](const cni::Request& request) {
    const Config config = parse_config(request);
    Host host(network::make_backend());
    status(request, config, host);
  };
  return verbs;
}

std::vector<cni::CommandLineVerb> command_line() {
  return {{"network", "rm", "NAME",
           "give the NIC back what the host had on it, and forget the network",
           [](const std::string& name) {
             Host host(network::make_backend());
             remove_network(name, host);
             std::printf("network %s is removed\n", name.c_str());
           }}};
}

}  // namespace

Host::Host(std::unique_ptr<network::Backend> system)
    : backend(std::move(system)),
      store(layout(*backend)),
      turns(store),
      networks(store, "networks"),
      endpoints(store, "endpoints") {}

}  // namespace azcni::vnet

int main(int argc, char** argv) {
  using namespace azcni;
  if (cni::called_by_runtime()) return cni::run_plugin("/var/log/azure-vnet.log", vnet::handlers());
  return cni::run_command_line(argc, argv, "azure-vnet",
                               "attaches containers to the VNET of an Azure VM",
                               vnet::command_line());
}
