// A node whose addresses are all held by containers that are gone, and whose DEL never came.

#include <csignal>

#include "net_test.h"

namespace azcni::test {
namespace {

/// The node has one address.
class FullNode : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static bool has_no_veth(const Vm& vm) {
    return lab::eventually([&] { return vm.ip({"link", "show", "type", "veth"}).empty(); });
  }

  /// A pod gets the address, and has the network.
  void expect_add(const char* fault) {
    Vm& vm = lab().vm();
    const Pod next = vm.make_pod("next");
    const PluginExit added = vm.cni("ADD", next, vm.config(GetParam()));
    ASSERT_EQ(added.status, 0) << fault << ": " << added.text;
    EXPECT_TRUE(Lab::pings_from(vm, next, "10.240.0.1"));
    EXPECT_TRUE(lab().pings_from_fabric(added.ip()));
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, FullNode, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a node that fills up by pods that fail, where a runtime sends no DEL (a list whose next
// plugin is missing: containerd#12130).
TEST_P(FullNode, AddTakesTheAddressOfAContainerThatIsGone) {
  Vm& vm = start_lab({.secondaries = 1}).vm();
  const Pod gone = vm.make_pod("gone");
  const PluginExit added = vm.cni("ADD", gone, vm.config(GetParam()));
  ASSERT_EQ(added.status, 0) << added.text;
  vm.remove_netns(gone);
  ASSERT_TRUE(has_no_veth(vm));
  expect_add("an address is kept for a container that is gone");
}

// Catches: a node that fills up by ADDs that were killed, where a runtime whose DEL was killed as
// well sends no other.
TEST_P(FullNode, AddTakesTheAddressOfAHalfMadeAttachment) {
  Lab& lab = start_lab({.secondaries = 1});
  Vm& vm = lab.vm();
  const auto answer_after = [&](int delay_ms) {
    lab.wireserver().answer_with([&vm, delay_ms](const auto&, const auto&) {
      return lab::Wireserver::Reply{200, Lab::metadata_of(vm.spec()), delay_ms};
    });
  };
  answer_after(1000);
  const Pod killed = vm.make_pod("killed");
  Json config = vm.config(GetParam());
  config["ipam"]["exec"] = true;  // it goes on when azure-vnet is killed
  lab::Process add = vm.start_cni("ADD", killed, config);
  ASSERT_TRUE(lab.wireserver().wait_for_requests(1));
  add.kill(SIGKILL);
  add.wait();  // until IPAM has ended, too: it has the same stderr
  answer_after(0);
  ASSERT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 1U);
  vm.remove_netns(killed);
  ASSERT_TRUE(has_no_veth(vm));
  expect_add("an address is kept for an attachment that is half made");
}

}  // namespace
}  // namespace azcni::test
