// A node of the Go plugins whose pods live on while ours take over.

#include "go_node.h"
#include "net_test.h"

namespace azcni::test {
namespace {

using lab::GoNode;
using lab::GoRelease;

constexpr const char* kFirstIp = "10.240.1.5";
constexpr const char* kSecondIp = "10.240.1.6";

class Upgrade : public NetTest {
 protected:
  /// Both ways: what the pod sends, and what the fabric sends it.
  bool is_connected(const Pod& pod, const std::string& ip) {
    return Lab::pings_from(lab().vm(), pod, "10.240.0.1") && lab().pings_from_fabric(ip);
  }
};

class UpgradeInMode : public Upgrade, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, UpgradeInMode, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: an upgrade after which no pod can be attached, or one that cuts off the pods of the Go
// plugins: when the next one comes, or when the first of them goes.
TEST_P(UpgradeInMode, NewPodsLiveBesideThoseOfTheGoPlugins) {
  Vm& vm = start_lab().vm();
  const Json config = vm.config(GetParam());
  GoNode node(vm, GetParam());
  const Pod first = node.add_pod("first", kFirstIp), second = node.add_pod("second", kSecondIp);
  ASSERT_TRUE(is_connected(first, kFirstIp));
  ASSERT_TRUE(is_connected(second, kSecondIp));

  const Pod fresh = vm.make_pod("fresh");
  const PluginExit added = vm.cni("ADD", fresh, config);
  ASSERT_EQ(added.status, 0) << "no ADD while a pod of the Go plugins lives: " << added.text;
  EXPECT_TRUE(is_connected(fresh, added.ip()));
  EXPECT_TRUE(is_connected(first, kFirstIp));
  EXPECT_TRUE(Lab::pings_from(vm, fresh, kFirstIp));
  EXPECT_TRUE(Lab::pings(vm, kFirstIp));

  detach(vm, first, config);
  EXPECT_TRUE(is_connected(second, kSecondIp));
  EXPECT_TRUE(is_connected(fresh, added.ip()));
  EXPECT_TRUE(lab().pings_from_fabric(vm.spec().ip4));
}

// Catches: rules of the Go plugins that outlive their pod, and lead its address to nowhere.
TEST_P(UpgradeInMode, AddressOfAFormerPodWorksForTheNext) {
  Vm& vm = start_lab({.secondaries = 1}).vm();
  const Json config = vm.config(GetParam());
  GoNode node(vm, GetParam());
  const Pod former = node.add_pod("former", kFirstIp);
  ASSERT_TRUE(is_connected(former, kFirstIp));
  const PluginExit removed = vm.cni("DEL", former, config);
  ASSERT_EQ(removed.status, 0) << removed.text;
  vm.remove_netns(former);

  const Pod next = vm.make_pod("next");
  const PluginExit added = vm.cni("ADD", next, config);
  ASSERT_EQ(added.status, 0) << added.text;
  ASSERT_EQ(added.ip(), kFirstIp);
  EXPECT_TRUE(is_connected(next, kFirstIp)) << "what comes for the address goes to its former pod";
}

// Catches: rules of the Go plugins on a node that was drained and not rebooted, which send to the
// fabric what a pod sends to the host.
TEST_P(UpgradeInMode, DrainedNodeHasItsNodeLocalDns) {
  constexpr const char* kNodeLocalDns = "169.254.20.10";
  Vm& vm = start_lab().vm();
  const GoNode node(vm, GetParam());
  lab::must_run(vm.context(),
                {"ip", "address", "add", kNodeLocalDns + std::string("/32"), "dev", "lo"});
  Json config = vm.config(GetParam());
  config["ipsToRouteViaHost"] = {kNodeLocalDns};
  const Pod pod = vm.make_pod("pod");
  const PluginExit added = vm.cni("ADD", pod, config);
  ASSERT_EQ(added.status, 0) << added.text;
  ASSERT_TRUE(is_connected(pod, added.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, pod, kNodeLocalDns)) << "the node-local DNS is out of reach";
}

// Catches: old pods told apart by a MAC address that is known of none: the DEL of one is that of
// all.
TEST_F(Upgrade, DelOfAnOldPodLeavesTheOtherItsWayToTheInternet) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  config["ipMasq"] = true;
  config["vnetCidrs"] = "10.240.0.0/16";
  GoNode node(vm, "transparent");
  const Pod first = node.add_pod("first", kFirstIp), second = node.add_pod("second", kSecondIp);
  const PluginExit added = vm.cni("ADD", vm.make_pod("fresh"), config);
  ASSERT_EQ(added.status, 0) << added.text;
  ASSERT_TRUE(Lab::pings_from(vm, second, lab::kInternetIp));
  const PluginExit removed = vm.cni("DEL", first, config);
  ASSERT_EQ(removed.status, 0) << removed.text;
  EXPECT_TRUE(Lab::pings_from(vm, second, lab::kInternetIp)) << "the other is masqueraded no more";
}

// Catches: state that is thrown away as that of an earlier boot, since the clock was set forward.
// IPAM is asked itself: in mode bridge no host route shows that the address is in use.
TEST_F(Upgrade, ClockThatWasSetForwardGivesNoAddressTwice) {
  Vm& vm = start_lab({.secondaries = 1}).vm();
  GoNode node(vm, "bridge");
  const Pod old = node.add_pod("old", kFirstIp);
  lab::must_run(vm.context(), {"sh", "-c", "touch -d 2020-01-01 /run/azure-vnet*.json"});
  ASSERT_TRUE(is_connected(old, kFirstIp));
  const PluginExit added = vm.ipam("ADD", "fresh", vm.config("bridge"));
  EXPECT_EQ(added.json["code"], 102) << "the address of a living pod is handed out: " << added.text;
}

class UpgradeFrom : public Upgrade, public ::testing::WithParamInterface<GoRelease> {};

INSTANTIATE_TEST_SUITE_P(Releases, UpgradeFrom,
                         ::testing::Values(GoRelease::k2020, GoRelease::k2022),
                         [](const auto& each) {
                           return each.param == GoRelease::k2020 ? "of_2020" : "of_2022";
                         });

// Catches: an upgrade that gives a running pod's address to another, or can't remove that pod.
TEST_P(UpgradeFrom, PodsKeepTheirAddressAndCanBeRemoved) {
  Vm& vm = start_lab().vm();
  GoNode node(vm, "transparent", GetParam());
  const Pod old = node.add_pod("old", kFirstIp);
  const Pod fresh = vm.make_pod("fresh");
  EXPECT_NE(attach(vm, fresh, vm.config()).ip(), kFirstIp);
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 2U);
  EXPECT_TRUE(is_connected(old, kFirstIp));

  detach(vm, old, vm.config());
  EXPECT_EQ(vm.ip({"link", "show", "type", "veth"}).size(), 1U) << "the old pod's link is gone";
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 1U) << "and so is its lease";
}

}  // namespace
}  // namespace azcni::test
