// Networks that somebody undid, or whose rules somebody removed: the next ADD mends them.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Undone {
  const char* name;
  std::string command;

  friend void PrintTo(const Undone& each, std::ostream* out) { *out << each.name; }
};

class UplinkMends : public NetTest, public ::testing::WithParamInterface<Undone> {};

// Catches: a DHCP client, networkd or an administrator who cuts off host and pods for good.
TEST_P(UplinkMends, WhatSomebodyUndid) {
  for (const char* mode : {"bridge", "tunnel"}) {
    SCOPED_TRACE(mode);
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    Json config = vm.config(mode);
    config["bridge"] = "azure0";
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
    const PluginExit at_first = attach(vm, first, config);
    ASSERT_EQ(vm.run({"sh", "-c", GetParam().command}).status, 0);
    const PluginExit at_second = attach(vm, second, config);
    const int spoofed = lab.fabric().spoofed_frames();  // without rules, nobody could help it
    for (const std::size_t family : {0U, 1U}) {
      EXPECT_TRUE(Lab::pings_from(vm, first, at_second.ip(family)));
      EXPECT_TRUE(lab.pings_from_fabric(at_first.ip(family))) << "the pod that was there";
      EXPECT_TRUE(lab.pings_from_fabric(at_second.ip(family))) << "the new one";
    }
    EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4)) << "the host";
    EXPECT_TRUE(Lab::pings(vm, at_first.ip())) << "host to pod";
    EXPECT_TRUE(Lab::pings(vm, "10.240.0.1")) << "host to gateway";
    EXPECT_EQ(vm.run({"ip", "-4", "address", "show", "dev", "eth0"}).out, "");
    detach(vm, first, config);
    detach(vm, second, config);
    EXPECT_EQ(lab.fabric().spoofed_frames(), spoofed);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Undone, UplinkMends,
    ::testing::Values(Undone{"address_back",
                             "ip address add 10.240.1.4/16 dev eth0 && ip route add default via "
                             "10.240.0.1 dev eth0 metric 100"},
                      Undone{"nic_out", "ip link set eth0 nomaster"},
                      Undone{"table_flushed", "nft flush table bridge azure_vnet_eth0"},
                      Undone{"table_deleted", "nft delete table bridge azure_vnet_eth0"},
                      Undone{"bridge_down", "ip link set azure0 down"},
                      Undone{"bridge_deleted", "ip link del azure0"},
                      Undone{"record_lost", "rm -rf /run/azure-vnet/networks"}),
    case_name<Undone>);

class Rules : public NetTest {};

// Catches: a repair of which the kernel says more than we listen to.
TEST_F(Rules, OfAHundredPodsAreMended) {
  // Not start_lab(): while there are no rules, frames with a container's MAC address do leave.
  Lab lab(AZCNI_PLUGINS, {.secondaries = 120});
  Vm& vm = lab.vm();
  const Json config = vm.config("bridge");
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i)
    addresses.push_back(attach(vm, vm.make_pod("pod" + std::to_string(i)), config).ip());
  lab::must_run(vm.context(), {"nft", "delete", "table", "bridge", "azure_vnet_eth0"});
  addresses.push_back(attach(vm, vm.make_pod("last"), config).ip());
  for (const std::string& address : addresses)
    EXPECT_TRUE(lab.pings_from_fabric(address)) << address;
}

// Catches: a repair that forgets the container which another ADD is attaching at that moment.
TEST_F(Rules, ConcurrentAddsSurviveTableFlush) {
  Lab lab(AZCNI_PLUGINS, {.secondaries = 40});  // as above
  Vm& vm = lab.vm();
  const Json config = vm.config("bridge");
  attach(vm, vm.make_pod("first"), config);
  std::vector<Pod> pods;
  for (int i = 0; i < 24; ++i) pods.push_back(vm.make_pod("pod" + std::to_string(i)));
  std::vector<lab::Process> adds;
  for (const Pod& pod : pods) {
    adds.push_back(vm.start_cni("ADD", pod, config));
    if (adds.size() % 4 == 0) vm.run({"nft", "flush", "table", "bridge", "azure_vnet_eth0"});
  }
  std::vector<std::string> addresses;
  for (lab::Process& add : adds) {
    const PluginExit answer = Vm::plugin_exit(add.wait());
    ASSERT_EQ(answer.status, 0) << answer.text;
    addresses.push_back(answer.ip());
  }
  addresses.push_back(attach(vm, vm.make_pod("last"), config).ip());
  for (const std::string& address : addresses)
    EXPECT_TRUE(lab.pings_from_fabric(address)) << address;
}

}  // namespace
}  // namespace azcni::test
