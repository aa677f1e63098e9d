// What doctor and validate know of the plugins that a list has beside ours.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Adviser {
  const char* name;
  std::vector<std::string> arguments;
};

class ChainedPlugins : public NetTest, public ::testing::WithParamInterface<Adviser> {
 protected:
  static constexpr const char* kList = "/etc/cni/net.d/10-azure.conflist";

  /// A node with our plugins, and a portmap that speaks CNI up to 1.0.0.
  Vm& make_node() {
    Vm& vm = start_lab().vm();
    vm.write("/run/cni/portmap",
             "#!/bin/sh\necho '{\"cniVersion\": \"1.0.0\", \"supportedVersions\": "
             "[\"0.3.0\", \"0.3.1\", \"0.4.0\", \"1.0.0\"]}'\n");
    lab::must_run(vm.context(), {"sh", "-c",
                                 "chmod 755 /run/cni/portmap; cp " AZCNI_PLUGINS
                                 "/azure-vnet " AZCNI_PLUGINS "/azure-vnet-ipam /run/cni/"});
    return vm;
  }
  static void write_list(const Vm& vm, const Json& plugins, const Json& more) {
    Json list{{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", plugins}};
    list.update(more);
    vm.write(kList, list.dump());
    lab::must_run(vm.context(), {"chmod", "600", kList});
  }
  static void expect_portmap(const Vm& vm, bool is_named, const char* otherwise) {
    std::vector<std::string> argv{"/run/cni/azure-vnet"};
    argv.insert(argv.end(), GetParam().arguments.begin(), GetParam().arguments.end());
    const std::string out = vm.run(argv).out;
    EXPECT_EQ(out.find("portmap") != std::string::npos, is_named) << otherwise << ": " << out;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Advisers, ChainedPlugins,
    ::testing::Values(Adviser{"doctor", {"doctor"}},
                      Adviser{"validate", {"validate", "/etc/cni/net.d/10-azure.conflist"}}),
    case_name<Adviser>);

const Json kPortmap{{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}};

// Catches: a port that two plugins publish, where one of them is in a file that runtimes with
// libcni 1.3 add to the list: net.d/NETWORK/*.conf.
TEST_P(ChainedPlugins, OfADropInAreSeen) {
  Vm& vm = make_node();
  Json ours = vm.config();
  ours["capabilities"] = {{"portMappings", true}};
  write_list(vm, {ours, kPortmap}, Json::object());
  expect_portmap(vm, true, "one in the list is not named");
  write_list(vm, Json::array({ours}), Json::object());
  expect_portmap(vm, false, "none is there");
  vm.write("/etc/cni/net.d/azure/50-portmap.conf", kPortmap.dump());
  expect_portmap(vm, true, "the drop-in is not seen");
}

// Catches: a list that offers a version which one of its plugins does not speak: a runtime that
// takes it can start no pod.
TEST_P(ChainedPlugins, AreAskedForTheirVersions) {
  Vm& vm = make_node();
  const Json plugins{vm.config(), kPortmap};
  write_list(vm, plugins, {{"cniVersions", {"0.4.0", "1.0.0"}}});
  expect_portmap(vm, false, "it speaks these");
  write_list(vm, plugins, {{"cniVersions", {"0.4.0", "1.0.0", "1.1.0"}}});
  expect_portmap(vm, true, "a version is offered that portmap does not speak");
}

}  // namespace
}  // namespace azcni::test
