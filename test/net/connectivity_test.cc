// Who reaches whom, through the real kernel and a fabric that is as strict as Azure's.

#include "net_test.h"

namespace azcni::test {
namespace {

class Connectivity : public NetTest {};

Json dual_stack(const Vm& vm) {
  Json config = vm.config();
  config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
  return config;
}

// Catches: routes, neighbours or forwarding that are missing on either side of a veth.
TEST_F(Connectivity, PodsOfOneVmReachEachOtherTheHostAndTheGateway) {
  Lab& lab = raise();
  Vm& vm = lab.vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  const Answer at_a = attach(vm, a, dual_stack(vm)), at_b = attach(vm, b, dual_stack(vm));

  for (const std::size_t family : {0U, 1U}) {
    EXPECT_TRUE(Lab::pings_from(vm, a, at_b.ip(family)));
    EXPECT_TRUE(Lab::pings_from(vm, b, at_a.ip(family)));
    EXPECT_TRUE(Lab::pings(vm, at_a.ip(family))) << "host to pod";
  }
  EXPECT_TRUE(Lab::pings_from(vm, a, vm.spec().ip4)) << "pod to host";
  EXPECT_TRUE(Lab::pings_from(vm, a, vm.spec().ip6)) << "pod to host, IPv6";
  EXPECT_TRUE(Lab::pings_from(vm, a, "10.240.0.1")) << "pod to gateway";
  EXPECT_TRUE(Lab::pings_from(vm, a, "168.63.129.16")) << "pod to Azure's DNS";
}

// Catches: frames that leave a VM with a pod's MAC, and addresses that the fabric does not route.
TEST_F(Connectivity, PodsOfTwoVmsReachEachOther) {
  Lab& lab = raise({.vms = 2});
  const Pod a = lab.vm(0).make_pod("a"), b = lab.vm(1).make_pod("b");
  const Answer at_a = attach(lab.vm(0), a, dual_stack(lab.vm(0)));
  const Answer at_b = attach(lab.vm(1), b, dual_stack(lab.vm(1)));
  for (const std::size_t family : {0U, 1U}) {
    EXPECT_TRUE(Lab::pings_from(lab.vm(0), a, at_b.ip(family)));
    EXPECT_TRUE(Lab::pings_from(lab.vm(1), b, at_a.ip(family)));
    EXPECT_TRUE(Lab::pings(lab.vm(0), at_b.ip(family))) << "host to a pod of the other VM";
  }
  EXPECT_TRUE(Lab::pings_from(lab.vm(0), a, lab.vm(1).spec().ip4)) << "pod to the other host";
}

// Catches: a test that passes whatever the fabric sees.
TEST_F(Connectivity, TheFabricCountsAForeignMac) {
  lab::Lab lab(AZCNI_PLUGINS);
  lab.vm().run({"ip", "link", "set", "eth0", "address", "02:00:00:00:00:01"});
  Lab::pings(lab.vm(), "10.240.0.1");
  EXPECT_GT(lab.fabric().spoofed_frames(), 0);
}

}  // namespace
}  // namespace azcni::test
