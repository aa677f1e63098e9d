// VMs with several NICs: a pod's address is of one of them, and Azure drops what leaves by another.

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

/// Two VMs; the first has three NICs, each in a subnet of its own, and sends by eth0 what no other
/// route leads to.
class NicsTest : public NetTest {
 protected:
  void SetUp() override {
    start_lab({.vms = 2});
    for (int i = 0; i < 2; ++i) lab().add_nic(vm());
  }
  Vm& vm() { return lab().vm(0); }
  Vm& other() { return lab().vm(1); }

  /// A network of that NIC.
  Json config(const std::string& mode, const std::string& nic) {
    Json config = vm().config(mode);
    config["name"] = "azure-" + nic;
    config["master"] = nic;
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    return config;
  }
};

class PodOfNic : public NicsTest,
                 public ::testing::WithParamInterface<std::tuple<const char*, const char*>> {
 protected:
  static std::string mode() { return std::get<0>(GetParam()); }
  static std::string nic() { return std::get<1>(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Modes, PodOfNic,
                         ::testing::Combine(::testing::Values("transparent", "bridge", "tunnel"),
                                            ::testing::Values("eth0", "eth1", "eth2")),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) + "_" +
                                  std::get<1>(each.param);
                         });

// Catches: rules and routes of one NIC that keep its pods from the host, or from another NIC's.
TEST_P(PodOfNic, ReachesTheHostAndThePodsOfAnyNic) {
  const Pod pod = vm().make_pod("pod"), same = vm().make_pod("same"),
            beside = vm().make_pod("beside");
  const PluginExit at_pod = attach(vm(), pod, config(mode(), nic()));
  const PluginExit at_same = attach(vm(), same, config(mode(), nic()));
  const PluginExit at_beside =
      attach(vm(), beside, config(mode(), nic() == "eth0" ? "eth1" : "eth0"));
  for (const std::size_t family : {0U, 1U}) {
    EXPECT_TRUE(Lab::pings(vm(), at_pod.ip(family))) << "host to pod";
    EXPECT_TRUE(Lab::pings_from(vm(), pod, at_same.ip(family))) << "to a pod of its NIC";
    EXPECT_TRUE(Lab::pings_from(vm(), pod, at_beside.ip(family))) << "to a pod of another NIC";
    EXPECT_TRUE(Lab::pings_from(vm(), beside, at_pod.ip(family))) << "from a pod of another NIC";
  }
  for (const lab::Nic& each : vm().nics()) {
    EXPECT_TRUE(Lab::pings_from(vm(), pod, each.ip4)) << "to the host at " << each.interface;
    EXPECT_TRUE(Lab::pings_from(vm(), pod, each.ip6)) << "to the host at " << each.interface;
  }
}

// Catches: a pod whose packets leave by the NIC of the host's default route, with an address of
// another. It stops at the first: each takes 2 s.
TEST_P(PodOfNic, ReachesOthersByItsOwnNic) {
  const Pod pod = vm().make_pod("pod"), elsewhere = other().make_pod("elsewhere");
  const PluginExit at_pod = attach(vm(), pod, config(mode(), nic()));
  const PluginExit at_elsewhere = attach(other(), elsewhere, config(mode(), "eth0"));
  for (const std::size_t family : {0U, 1U}) {
    ASSERT_TRUE(Lab::pings_from(vm(), pod, at_elsewhere.ip(family))) << "pod to pod elsewhere";
    ASSERT_TRUE(Lab::pings_from(other(), elsewhere, at_pod.ip(family))) << "pod elsewhere to pod";
    ASSERT_TRUE(Lab::pings(other(), at_pod.ip(family))) << "host elsewhere to pod";
    ASSERT_TRUE(lab().pings_from_fabric(at_pod.ip(family))) << "fabric to pod";
  }
  ASSERT_TRUE(Lab::pings_from(vm(), pod, other().spec().ip4)) << "pod to host elsewhere";
  ASSERT_TRUE(Lab::pings_from(vm(), pod, lab::kWireserverIp)) << "pod to Azure's DNS";
}

class SeveralNics : public NicsTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, SeveralNics, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: pods that get an address of the second NIC, which IPAM likes best, and no way out by it.
TEST_P(SeveralNics, PodsOfTheShippedConfigurationReachOthers) {
  const Pod pod = vm().make_pod("pod");
  const PluginExit answer = attach(vm(), pod, vm().config(GetParam()));
  ASSERT_TRUE(Lab::pings(vm(), answer.ip()));
  EXPECT_TRUE(Lab::pings_from(vm(), pod, other().spec().ip4)) << "pod to host elsewhere";
}

// Catches: a way out that a reverse path filter, of RHEL for example, does not take for one.
TEST_P(SeveralNics, StrictReversePathFiltersLetPodsPass) {
  vm().write("/proc/sys/net/ipv4/conf/all/rp_filter", "1");
  const Pod pod = vm().make_pod("pod");
  const PluginExit answer = attach(vm(), pod, config(GetParam(), "eth1"));
  ASSERT_TRUE(Lab::pings(vm(), answer.ip()));
  ASSERT_TRUE(Lab::pings_from(vm(), pod, other().spec().ip4)) << "pod to host elsewhere";
  EXPECT_TRUE(Lab::pings(other(), answer.ip())) << "host elsewhere to pod";
}

// Catches: an answer that leaves by the NIC of the default route, or of the pod. The host itself
// has the usual rule for its second address.
TEST_P(SeveralNics, HostPortsAnswerByTheNicThatWasAsked) {
  const lab::Nic& eth1 = vm().nics()[1];
  lab::must_run(vm().context(), {"ip", "-batch", "-"},
                "route add default via " + eth1.gateway4 + " dev eth1 table 101\n" +
                    "rule add from " + eth1.ip4 + " lookup 101\n");
  ASSERT_TRUE(Lab::pings(other(), eth1.ip4)) << "the host";
  for (const auto& [nic, port] : {std::pair{"eth0", 8080}, std::pair{"eth1", 8081}}) {
    Json with_port = config(GetParam(), nic);
    with_port["runtimeConfig"]["portMappings"] = {
        {{"hostPort", port}, {"containerPort", 80}, {"protocol", "tcp"}}};
    const Pod pod = vm().make_pod(nic);
    attach(vm(), pod, with_port);
    const lab::WhoamiServer server(vm().context_of(pod), 80);
    ASSERT_NE(lab::greeting(other().context(), "tcp", vm().spec().ip4, port), "")
        << "asked at eth0";
    EXPECT_NE(lab::greeting(other().context(), "tcp", eth1.ip4, port), "")
        << "a pod of " << nic << ", asked at eth1";
  }
}

// Catches: a host that is reached by IPv6 no more, since a pod of another NIC came.
TEST_P(SeveralNics, TheOthersKeepTheirAdvertisedRoute) {
  lab::must_run(vm().context(), {"ip", "-6", "route", "del", "default", "dev", "eth0"});
  lab().fabric().advertise_router_to(vm().spec());
  const auto route = [&] {
    return vm().run({"ip", "-6", "route", "show", "default", "dev", "eth0", "proto", "ra"}).out;
  };
  ASSERT_TRUE(lab::eventually([&] { return !route().empty(); }));
  Json config = this->config(GetParam(), "eth1");
  config["ipMasq"] = true;
  config["vnetCidrs"] = {"10.240.0.0/14", "fd00::/16"};
  attach(vm(), vm().make_pod("pod"), config);
  EXPECT_NE(route(), "") << "eth0 lost the route that it was told of";
}

class NicsOfASubnet : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, NicsOfASubnet, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: the NIC of a pod guessed by its subnet, which two have.
TEST_P(NicsOfASubnet, APodSendsByTheOneThatHasItsAddress) {
  Vm& vm = start_lab({.vms = 2}).vm();
  const lab::Nic eth1 = lab().add_nic(vm, {.own_subnet = false});
  const Pod pod = vm.make_pod("pod");
  const PluginExit answer = attach(vm, pod, vm.config(GetParam()));
  ASSERT_EQ(answer.ip(), eth1.secondary4[0]);
  EXPECT_TRUE(Lab::pings_from(vm, pod, lab().vm(1).spec().ip4)) << "pod to host elsewhere";
}

class NicPools : public NetTest {};

// Catches: a node that is full while a NIC of it has addresses that nobody uses.
TEST_F(NicPools, ANetworkDrawsFromAll) {
  Vm& vm = start_lab({.vms = 2}).vm();
  lab().add_nic(vm, {.secondaries = 1});
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, first, vm.config());
  const PluginExit answer = vm.cni("ADD", second, vm.config());
  ASSERT_EQ(answer.status, 0) << "eth0's addresses are not drawn from: " << answer.text;
  EXPECT_TRUE(Lab::pings_from(vm, second, lab().vm(1).spec().ip4));
}

}  // namespace
}  // namespace azcni::test
