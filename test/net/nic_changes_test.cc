// NICs that nobody configured, that are taken away, or that come back as another link.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Unconfigured {
  const char* name;
  const char* mode;
  bool up;
};

/// Two VMs; the first has an eth1 whose addresses the metadata names, and which has none in the VM.
class UnconfiguredNic : public NetTest, public ::testing::WithParamInterface<Unconfigured> {
 protected:
  void SetUp() override {
    start_lab({.vms = 2});
    lab().add_nic(vm(), {.has_address = false, .up = GetParam().up});
    config_ = vm().config(GetParam().mode);
    config_["cniVersion"] = "1.1.0";
  }
  Vm& vm() { return lab().vm(0); }
  bool reaches_others(const Pod& pod) { return Lab::pings_from(vm(), pod, lab().vm(1).spec().ip4); }

  Json config_;
};

INSTANTIATE_TEST_SUITE_P(Nics, UnconfiguredNic,
                         ::testing::Values(Unconfigured{"transparent_up", "transparent", true},
                                           Unconfigured{"transparent_down", "transparent", false},
                                           Unconfigured{"bridge_up", "bridge", true},
                                           Unconfigured{"bridge_down", "bridge", false},
                                           Unconfigured{"tunnel_up", "tunnel", true},
                                           Unconfigured{"tunnel_down", "tunnel", false}),
                         case_name<Unconfigured>);

// Catches: an address of one NIC for a pod that sends by another.
TEST_P(UnconfiguredNic, APodHasANetwork) {
  const Pod pod = vm().make_pod("pod");
  attach(vm(), pod, config_);
  EXPECT_TRUE(reaches_others(pod)) << "the pod has an address and no network";
}

// Catches: a node that is ready, and whose pods get no network.
TEST_P(UnconfiguredNic, StatusFailsIfAPodWouldHaveNoNetwork) {
  const bool is_ready = vm().cni("STATUS", Pod{}, config_).status == 0;
  const Pod pod = vm().make_pod("pod");
  const bool has_network = vm().cni("ADD", pod, config_).status == 0 && reaches_others(pod);
  lab().fabric().forget_spoofed_frames();  // of ADD, not of STATUS
  EXPECT_EQ(is_ready, has_network) << "STATUS tells another story than ADD";
}

/// A VM whose second NIC was taken away, after the last pod of it had gone.
class GoneNic : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    start_lab({.vms = 2});
    const lab::Nic eth1 = lab().add_nic(vm());
    config_ = vm().config(GetParam());
    config_["ipam"]["queryInterval"] = 0;
    const Pod pod = vm().make_pod("first");
    ASSERT_EQ(attach(vm(), pod, config_).ip(), eth1.secondary4[0]);
    detach(vm(), pod, config_);
    lab().remove_nic(vm(), eth1);
  }
  Vm& vm() { return lab().vm(0); }

  void require_that_a_pod_reaches_others() {
    const Pod pod = vm().make_pod("second");
    const PluginExit answer = vm().cni("ADD", pod, config_);
    ASSERT_EQ(answer.status, 0) << answer.text;
    EXPECT_TRUE(Lab::pings_from(vm(), pod, lab().vm(1).spec().ip4));
  }

  Json config_;
};

INSTANTIATE_TEST_SUITE_P(Modes, GoneNic, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a network that waits for its NIC for ever, though it has no pods and there is another.
TEST_P(GoneNic, TheNextPodIsOfAnother) { require_that_a_pod_reaches_others(); }

// Catches: a network that only a reboot removes.
TEST_P(GoneNic, ItsNetworkCanBeRemoved) {
  const lab::Exit exit =
      vm().run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"});
  ASSERT_EQ(exit.status, 0) << exit.err;
  require_that_a_pod_reaches_others();
}

class MtuOfNic : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, MtuOfNic, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a host that stays at the MTU of its first pods, or sends what its NIC does not take.
TEST_P(MtuOfNic, TheBridgeFollows) {
  Vm& vm = start_lab({.mtu = 3000}).vm();
  Json config = vm.config(GetParam());
  config["bridge"] = "azure0";
  const Pod old = vm.make_pod("old");
  attach(vm, old, config);
  for (const int mtu : {2000, 2800}) {
    lab::must_run(vm.context(), {"ip", "link", "set", "eth0", "mtu", std::to_string(mtu)});
    const Pod pod = vm.make_pod("of" + std::to_string(mtu));
    attach(vm, pod, config);
    EXPECT_EQ(vm.ip({"link", "show", "azure0"})[0]["mtu"], mtu);
    EXPECT_EQ(vm.ip_in(pod, {"link", "show", "eth0"})[0]["mtu"], mtu);
  }
}

class ReplacedNic : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, ReplacedNic, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: rules for the pods of the NIC as it is now, which those that were there are not.
TEST_P(ReplacedNic, KeepsTheWaysOfItsPods) {
  Vm& vm = start_lab().vm();
  const char* const dns = "169.254.20.10";
  lab::must_run(vm.context(), {"ip", "address", "add", dns, "dev", "lo"});
  Json config = vm.config(GetParam());
  config["ipsToRouteViaHost"] = {dns};
  const Pod old = vm.make_pod("old");
  attach(vm, old, config);
  ASSERT_TRUE(Lab::pings_from(vm, old, dns));

  const Json before = vm.ip({"link", "show", "eth0"})[0]["ifindex"];
  lab().fabric().disconnect(vm.spec());
  lab().fabric().connect(vm.spec(), vm.context().net, 1500);
  lab::must_run(vm.context(), {"ip", "link", "set", "eth0", "up"});
  ASSERT_NE(vm.ip({"link", "show", "eth0"})[0]["ifindex"], before);

  const Pod next = vm.make_pod("next");
  attach(vm, next, config);
  ASSERT_TRUE(Lab::pings_from(vm, next, dns));
  EXPECT_TRUE(Lab::pings_from(vm, old, dns)) << "the old pod has lost its way by the host";
}

}  // namespace
}  // namespace azcni::test
