// Who reaches whom, in every mode, through the real kernel and a fabric that is as strict as
// Azure's.

#include "advertisement.h"
#include "net_test.h"

namespace azcni::test {
namespace {

class Fabric : public NetTest {};

class Connectivity : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json config(const Vm& vm) {
    Json config = vm.config(GetParam());
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Connectivity, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: routes, neighbours, rules or forwarding that are missing on either side of a veth.
TEST_P(Connectivity, PodsOfOneVmReachEachOtherTheHostAndTheGateway) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  const PluginExit at_a = attach(vm, a, config(vm)), at_b = attach(vm, b, config(vm));

  for (const std::size_t family : {0U, 1U}) {
    SCOPED_TRACE(family == 0 ? "IPv4" : "IPv6");
    EXPECT_TRUE(Lab::pings_from(vm, a, at_b.ip(family)));
    EXPECT_TRUE(Lab::pings_from(vm, b, at_a.ip(family)));
    EXPECT_TRUE(Lab::pings(vm, at_a.ip(family))) << "host to pod";
    EXPECT_TRUE(lab.pings_from_fabric(at_a.ip(family))) << "fabric to pod";
  }
  EXPECT_TRUE(Lab::pings_from(vm, a, vm.spec().ip4)) << "pod to host";
  EXPECT_TRUE(Lab::pings_from(vm, a, vm.spec().ip6)) << "pod to host, IPv6";
  EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4)) << "fabric to host";
  EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip6)) << "fabric to host, IPv6";
  EXPECT_TRUE(Lab::pings(vm, "10.240.0.1")) << "host to gateway";
  EXPECT_TRUE(Lab::pings_from(vm, a, "10.240.0.1")) << "pod to gateway";
  EXPECT_TRUE(Lab::pings_from(vm, a, "168.63.129.16")) << "pod to Azure's DNS";
  EXPECT_EQ(dropped(vm, "spoofed"), 0) << "the guard dropped what is right";
}

// Catches: frames that leave a VM with a pod's MAC, and addresses that the fabric does not route.
TEST_P(Connectivity, PodsOfTwoVmsReachEachOther) {
  Lab& lab = start_lab({.vms = 2});
  const Pod a = lab.vm(0).make_pod("a"), b = lab.vm(1).make_pod("b");
  const PluginExit at_a = attach(lab.vm(0), a, config(lab.vm(0)));
  const PluginExit at_b = attach(lab.vm(1), b, config(lab.vm(1)));
  for (const std::size_t family : {0U, 1U}) {
    SCOPED_TRACE(family == 0 ? "IPv4" : "IPv6");
    EXPECT_TRUE(Lab::pings_from(lab.vm(0), a, at_b.ip(family)));
    EXPECT_TRUE(Lab::pings_from(lab.vm(1), b, at_a.ip(family)));
    EXPECT_TRUE(Lab::pings(lab.vm(0), at_b.ip(family))) << "host to a pod of the other VM";
  }
  EXPECT_TRUE(Lab::pings_from(lab.vm(0), a, lab.vm(1).spec().ip4)) << "pod to the other host";
  EXPECT_TRUE(Lab::pings(lab.vm(0), lab.vm(1).spec().ip4)) << "host to the other host";
}

// Catches: a pod's first packets lost, because the kernel takes an IPv6 address into use on a work
// queue that waits for the lock of all links: here somebody else holds it most of the time.
TEST_P(Connectivity, AnIpv6AddressIsInUseWhenAddAnswers) {
  Lab& lab = start_lab({.secondaries = 30});
  Vm& vm = lab.vm();
  std::vector<lab::Process> storm;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    storm.emplace_back(
        vm.context(),
        std::vector<std::string>{
            "bash", "-c",
            "while :; do ip netns add $1; ip -n $1 link add type veth; ip netns del $1; done",
            "bash", name});
  }
  for (int i = 0; i < 30; ++i) {
    const Pod pod = vm.make_pod("pod" + std::to_string(i));
    const std::string address = attach(vm, pod, config(vm)).ip(1);
    const std::string route = vm.run_in(pod, {"ip", "-6", "route", "get", address}).out;
    EXPECT_EQ(route.rfind("local ", 0), 0U) << route;
  }
}

// Catches: a tunnel mode that is none, and a bridge mode that burdens the fabric.
TEST_P(Connectivity, OnlyTunnelModeTakesPodToPodThroughTheFabric) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  attach(vm, a, config(vm));
  const PluginExit at_b = attach(vm, b, config(vm));
  ASSERT_TRUE(Lab::pings_from(vm, a, at_b.ip()));
  EXPECT_EQ(lab.fabric().packets_to(at_b.ip()) > 0, std::string(GetParam()) == "tunnel");
}

TEST_P(Connectivity, APodIsGoneAfterDelAndItsAddressServesTheNext) {
  Lab& lab = start_lab({.secondaries = 1});
  Vm& vm = lab.vm();
  for (const char* name : {"first", "second"}) {
    const Pod pod = vm.make_pod(name);
    const PluginExit answer = attach(vm, pod, config(vm));
    EXPECT_TRUE(lab.pings_from_fabric(answer.ip())) << name;
    Json check = config(vm);
    check["prevResult"] = answer.json;
    const PluginExit checked = vm.cni("CHECK", pod, check);
    EXPECT_EQ(checked.status, 0) << checked.text;
    const std::string before = vm.snapshot();
    detach(vm, pod, config(vm));
    detach(vm, pod, config(vm));
    EXPECT_EQ(vm.snapshot().find(answer.ip()), std::string::npos) << vm.snapshot();
    EXPECT_NE(before.find(answer.ip()), std::string::npos) << "the snapshot shows such things";
  }
}

// Catches: CVE-2020-10749: a container that makes itself the router of host and containers.
TEST_P(Connectivity, NobodyListensToAPodsRouterAdvertisement) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  // As on a VM that has its IPv6 default route from the fabric.
  lab::must_run(vm.context(), {"sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/eth0/accept_ra"});
  const Pod evil = vm.make_pod("evil"), good = vm.make_pod("good");
  attach(vm, evil, config(vm));
  const PluginExit at_good = attach(vm, good, config(vm));
  lab::advertise_router(vm.context_of(evil), "eth0");
  EXPECT_TRUE(Lab::pings_from(vm, evil, at_good.ip(1))) << "what came before has been seen";
  EXPECT_EQ(vm.run({"ip", "-6", "route", "show", "default", "proto", "ra"}).out, "");
  EXPECT_EQ(vm.run_in(good, {"ip", "-6", "route", "show", "default", "proto", "ra"}).out, "");
}

// Catches: tests that pass whatever the fabric sees.
TEST_F(Fabric, CountsAForeignMac) {
  lab::Lab lab(AZCNI_PLUGINS);
  lab.vm().run({"ip", "link", "set", "eth0", "address", "02:00:00:00:00:01"});
  Lab::pings(lab.vm(), "10.240.0.1");
  EXPECT_GT(lab.fabric().spoofed_frames(), 0);
}

TEST_F(Fabric, CountsAForeignAddress) {
  for (const auto& [foreign, gateway] :
       {std::pair{"10.9.9.9", "10.240.0.1"}, std::pair{"fd09::9", "fd00:240::1"}}) {
    SCOPED_TRACE(foreign);
    lab::Lab lab(AZCNI_PLUGINS);
    EXPECT_TRUE(Lab::pings(lab.vm(), gateway));
    EXPECT_EQ(lab.fabric().foreign_packets(), 0);
    lab::must_run(lab.vm().context(), {"ip", "address", "add", foreign, "dev", "lo"});
    lab.vm().run({"ping", "-n", "-c", "1", "-W", "1", "-I", foreign, gateway});
    EXPECT_GT(lab.fabric().foreign_packets(), 0);
  }
}

}  // namespace
}  // namespace azcni::test
