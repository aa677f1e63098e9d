// A node of the Go plugins whose pods live on while ours take over.

#include "go_node.h"
#include "net_test.h"

namespace azcni::test {
namespace {

using lab::GoNode;
using lab::GoRelease;

constexpr const char* kFirstIp = "10.240.1.5";

class Upgrade : public NetTest {
 protected:
  /// Both ways: what the pod sends, and what the fabric sends it.
  bool is_connected(const Pod& pod, const std::string& ip) {
    return Lab::pings_from(lab().vm(), pod, "10.240.0.1") && lab().pings_from_fabric(ip);
  }
};

class UpgradeFrom : public Upgrade, public ::testing::WithParamInterface<GoRelease> {};

INSTANTIATE_TEST_SUITE_P(Releases, UpgradeFrom,
                         ::testing::Values(GoRelease::k2020, GoRelease::k2022),
                         [](const auto& each) {
                           return each.param == GoRelease::k2020 ? "of_2020" : "of_2022";
                         });

// Catches: an upgrade that gives a running pod's address to another, or can't remove that pod.
TEST_P(UpgradeFrom, PodsKeepTheirAddressAndCanBeRemoved) {
  Vm& vm = raise().vm();
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
