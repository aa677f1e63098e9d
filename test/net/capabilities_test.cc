// The capabilities mac, ips and dns: what a runtime asks for one container.

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

class Capabilities : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::string mac_of(const Vm& vm, const Pod& pod) {
    return vm.ip_in(pod, {"link", "show", "eth0"})[0]["address"];
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Capabilities, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a container with that address that nothing leads to, or that is not found again.
TEST_P(Capabilities, GiveTheMacAddressThatIsAskedFor) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod first = vm.make_pod("first"), pod = vm.make_pod("a");
  attach(vm, first, vm.config(GetParam()));
  const std::string before = vm.snapshot();
  Json config = vm.config(GetParam());
  config["runtimeConfig"]["mac"] = "02:11:22:33:44:55";
  const PluginExit answer = attach(vm, pod, config);
  EXPECT_EQ(answer.json["interfaces"][1]["mac"], "02:11:22:33:44:55");
  EXPECT_EQ(mac_of(vm, pod), "02:11:22:33:44:55");
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, pod, vm.spec().ip4));
  config["prevResult"] = answer.json;
  EXPECT_EQ(vm.cni("CHECK", pod, config).status, 0);
  detach(vm, pod, vm.config(GetParam()));  // a DEL knows nothing of it
  EXPECT_EQ(vm.snapshot(), before);

  for (const char* wrong : {"02:11:22:33:44", "01:00:5e:00:00:01", "00:00:00:00:00:00"}) {
    config = vm.config(GetParam());
    config["runtimeConfig"]["mac"] = wrong;
    const PluginExit refused = vm.cni("ADD", pod, config);
    EXPECT_EQ(refused.json["code"], 7) << wrong;
    EXPECT_NE(refused.text.find("runtimeConfig.mac"), std::string::npos);
  }
  EXPECT_EQ(vm.snapshot(), before);
}

// Catches: a late DEL that takes rules, routes and ports of the next container, since that was
// given the MAC address of the one before, as Multus and podman do.
TEST_P(Capabilities, LetTheNextContainerHaveTheMacAddressOfTheLast) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod last = vm.make_pod("last"), next = vm.make_pod("next");
  Json config = vm.config(GetParam());
  config["runtimeConfig"]["mac"] = "02:11:22:33:44:55";
  attach(vm, last, config);
  config["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
  const PluginExit added = attach(vm, next, config);
  const WhoamiServer server(vm.context_of(next), 80);
  const auto port_answers = [&] {
    return !greeting(lab.fabric().context(), "tcp", vm.spec().ip4, 8080).empty();
  };
  ASSERT_TRUE(port_answers());
  detach(vm, last, vm.config(GetParam()));
  config["prevResult"] = added.json;
  const PluginExit checked = vm.cni("CHECK", next, config);
  EXPECT_EQ(checked.status, 0) << "a late DEL took it from the next container: " << checked.text;
  EXPECT_TRUE(port_answers()) << "a late DEL took the port of the next container";
}

TEST_P(Capabilities, GiveAddressesAndDns) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["dns"] = {{"nameservers", {"10.0.0.10"}}};
  config["runtimeConfig"] = {{"ips", {"10.240.1.9"}},
                             {"dns", {{"servers", {"8.8.8.8"}}, {"searches", {"a.example"}}}}};
  const PluginExit answer = attach(vm, vm.make_pod("a"), config);
  EXPECT_EQ(answer.ip(), "10.240.1.9");
  EXPECT_EQ(answer.json["dns"]["nameservers"], Json({"8.8.8.8"}));
  EXPECT_EQ(answer.json["dns"]["search"], Json({"a.example"}));
}

}  // namespace
}  // namespace azcni::test
