// What is left when state is lost, damaged or old.

#include "net_test.h"

namespace azcni::test {
namespace {

class State : public NetTest {};

// Catches: software that waits for the Go plugins' files (Antrea), and their loss losing anything.
TEST_F(State, FilesRemovedUnderRunningPods) {
  Vm& vm = start_lab().vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b"), c = vm.make_pod("c");
  const PluginExit at_a = attach(vm, a, vm.config());
  const PluginExit at_b = attach(vm, b, vm.config());
  EXPECT_NE(vm.read("/run/azure-vnet.json"), "");
  EXPECT_NE(vm.read("/run/azure-vnet-ipam.json"), "");

  vm.run({"sh", "-c", "rm -rf /run/azure-vnet* "});
  EXPECT_TRUE(Lab::pings_from(vm, a, at_b.ip()));
  const PluginExit at_c = attach(vm, c, vm.config());
  EXPECT_NE(at_c.ip(), at_a.ip());
  EXPECT_NE(at_c.ip(), at_b.ip());
  EXPECT_NE(vm.read("/run/azure-vnet.json"), "");
  for (const Pod& pod : {a, b, c}) detach(vm, pod, vm.config());
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
}

TEST_F(State, ManifestsRemovedLoseNothing) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("a");
  attach(vm, pod, vm.config());
  vm.run({"rm", "/run/azure-vnet.json", "/run/azure-vnet-ipam.json"});
  EXPECT_EQ(vm.cni("ADD", pod, vm.config()).json["code"], 101) << "the record is still known";
  EXPECT_NE(vm.read("/run/azure-vnet.json"), "");
}

// Catches: addresses that stay taken for pods that a reboot ended.
TEST_F(State, RebootFreesAddressesAndKeepsPools) {
  Lab& lab = start_lab({.secondaries = 2});
  Vm& vm = lab.vm();
  attach(vm, vm.make_pod("a"), vm.config());
  attach(vm, vm.make_pod("b"), vm.config());
  EXPECT_EQ(vm.cni("ADD", vm.make_pod("c"), vm.config()).json["code"], 102);

  vm.reboot();
  lab.wireserver().die();  // the pools are known without it
  const Pod d = vm.make_pod("d"), e = vm.make_pod("e");
  const PluginExit at_d = attach(vm, d, vm.config()), at_e = attach(vm, e, vm.config());
  EXPECT_TRUE(Lab::pings_from(vm, d, at_e.ip()));
  EXPECT_NE(at_d.ip(), at_e.ip());
  EXPECT_EQ(vm.list("/run/azure-vnet/endpoints").size(), 2U) << "those of the former boot are gone";
}

// Catches: one bad record that fails every later call.
TEST_F(State, DamagedRecordsCostThemselvesOnly) {
  Vm& vm = start_lab().vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  attach(vm, a, vm.config());
  for (const std::string& damage :
       {std::string(), std::string(20, '\0'), std::string("{\"complete\":"), std::string("[]")}) {
    for (const char* folder :
         {"/run/azure-vnet/endpoints", "/run/azure-vnet/networks", "/run/azure-vnet-ipam/pools"}) {
      for (const std::string& name : vm.list(folder)) vm.write(folder + ("/" + name), damage);
    }
    vm.write("/run/azure-vnet.json", damage);
    attach(vm, b, vm.config());
    detach(vm, b, vm.config());
  }
  detach(vm, a, vm.config());
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

}  // namespace
}  // namespace azcni::test
