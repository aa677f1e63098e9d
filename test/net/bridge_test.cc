// The bridge that a NIC gets: one of ours, or one that its user put it into, and never somebody
// else's.

#include "uplink_test.h"

namespace azcni::test {
namespace {

/// A name that can't be the NIC's bridge.
struct Unfit {
  const char* name;
  const char* bridge;   ///< of the configuration
  const char* set_up;   ///< a script
  const char* message;  ///< part of the error's
};

class Bridge : public UplinkTest {};
class UnfitBridge : public UplinkTest, public ::testing::WithParamInterface<Unfit> {};

// Catches: a host that is out of reach for good since `bridge` was mistyped, a network of the
// user's that gets the VNET's traffic, and a STATUS of 0 on such a node.
TEST_P(UnfitBridge, IsRefusedBeforeAnythingIsTouched) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  script(vm, GetParam().set_up);
  script(vm, "echo 0 > /proc/sys/net/ipv4/ip_forward");
  const std::string before = host(vm), ports_before = ports(vm);
  Json config = vm.config("bridge");
  config["cniVersion"] = "1.1.0";
  config["master"] = "eth0";
  config["bridge"] = GetParam().bridge;
  const Pod pod = vm.make_pod("web");
  for (const char* verb : {"ADD", "STATUS"}) {
    const PluginExit answer = vm.cni(verb, pod, config);
    EXPECT_EQ(answer.status, 1) << verb;
    EXPECT_EQ(answer.json.value("code", 0), 7) << answer.text;
    EXPECT_NE(answer.json.value("msg", "").find(GetParam().message), std::string::npos)
        << answer.text;
    EXPECT_NE(answer.json.value("details", ""), "") << "it says what to do";
    SCOPED_TRACE(verb);
    expect_host(vm, before);
    EXPECT_EQ(ports(vm), ports_before) << verb;
    EXPECT_EQ(vm.read("/proc/sys/net/ipv4/ip_forward"), "0\n") << verb;
  }
  EXPECT_TRUE(is_in_reach(lab, vm));
}

INSTANTIATE_TEST_SUITE_P(
    Bridge, UnfitBridge,
    ::testing::Values(Unfit{"no_bridge", "br-ext", "ip link add br-ext type veth peer name other",
                            "\"br-ext\" is no bridge"},
                      Unfit{"the_nic", "eth0", "true", "\"eth0\" is no bridge"},
                      Unfit{"of_the_user", "br0", "ip link add br0 type bridge; ip link set br0 up",
                            "bridge br0 is not ours"},
                      Unfit{
                          "with_a_port", "azure0",
                          "ip link add azure0 type bridge; ip link add u0 type veth peer name u1; "
                          "ip link set u0 master azure0",
                          "u0 is a port of bridge azure0"}),
    case_name<Unfit>);

// Catches: two NICs that are joined to one segment.
TEST_F(Bridge, OfAnotherNicIsRefused) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab.add_nic(vm);
  ASSERT_TRUE(lab::eventually([&] {
    return vm.run({"ip", "address", "show", "dev", "eth1", "tentative"}).out.empty();
  }));
  Json one = vm.config("bridge"), two = vm.config("bridge");
  one["master"] = "eth0";
  two["master"] = "eth1";
  one["bridge"] = two["bridge"] = "shared";
  two["name"] = "other";
  attach(vm, vm.make_pod("a"), one);
  const std::string before = host(vm);
  const PluginExit answer = vm.cni("ADD", vm.make_pod("b"), two);
  EXPECT_EQ(answer.json.value("code", 0), 7) << answer.text;
  EXPECT_NE(answer.text.find("eth0 is a port of bridge shared"), std::string::npos) << answer.text;
  expect_host(vm, before);
}

// Catches: a bridge of the user's that goes with our network, and takes their VMs' network with it.
TEST_F(Bridge, OfTheUserIsLeftAsItWas) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  put_nic_into_br0(vm);
  const std::string before = host(vm), ports_before = ports(vm);
  for (const char* mode : {"bridge", "tunnel"}) {
    const Pod pod = vm.make_pod(mode);
    const PluginExit answer = attach(vm, pod, vm.config(mode));
    EXPECT_TRUE(lab.pings_from_fabric(answer.ip())) << mode;
    detach(vm, pod, vm.config(mode));
    EXPECT_EQ(remove_network(vm), 0);
    SCOPED_TRACE(mode);
    expect_host(vm, before);
    EXPECT_EQ(ports(vm), ports_before) << mode;
    EXPECT_TRUE(is_in_reach(lab, vm));
  }
}

// Catches: a NIC that stays out of the bridge that its user put it into, once it was ours to use.
TEST_F(Bridge, OfTheUserGetsTheNicBack) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  put_nic_into_br0(vm);
  const Json config = vm.config("bridge");
  const Pod first = vm.make_pod("first");
  const PluginExit at_first = attach(vm, first, config);
  script(vm, "ip link set eth0 nomaster");
  attach(vm, vm.make_pod("second"), config);
  EXPECT_TRUE(lab.pings_from_fabric(at_first.ip()));
  EXPECT_TRUE(is_in_reach(lab, vm));
}

// Catches: a bridge of ours that outlives its network, whatever its name.
TEST_F(Bridge, OfOursGoesWithItsNetwork) {
  Vm& vm = start_lab().vm();
  const std::string before = host(vm);
  Json config = vm.config("bridge");
  config["bridge"] = "cni";
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  detach(vm, pod, config);
  EXPECT_EQ(remove_network(vm), 0);
  expect_host(vm, before);
}

// Catches: a NIC that can't be given back after an upgrade. Bridges of former versions and of the
// Go plugins have no group.
TEST_F(Bridge, OfAFormerVersionGoesByItsName) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const std::string before = host(vm);
  const Json config = vm.config("bridge");
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, first, config);
  script(vm,
         "ip link set $(ip -o link show type bridge | grep -o 'azure[0-9]*') group 0; "
         "ip link set eth0 nomaster");
  attach(vm, second, config);
  EXPECT_TRUE(is_in_reach(lab, vm));
  detach(vm, first, config);
  detach(vm, second, config);
  EXPECT_EQ(remove_network(vm), 0);
  expect_host(vm, before);
}

// Catches: a port of somebody's that is cut off with a bridge of ours.
TEST_F(Bridge, WithAPortOfSomebodysStays) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const std::string before = host(vm);
  const Json config = vm.config("bridge");
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  detach(vm, pod, config);
  const std::string connected = host(vm);
  script(vm,
         "ip link add u0 type veth peer name u1; "
         "ip link set u0 master $(ip -o link show type bridge | grep -o 'azure[0-9]*')");
  EXPECT_NE(remove_network(vm), 0);
  EXPECT_TRUE(is_in_reach(lab, vm));
  script(vm, "ip link delete u0");
  expect_host(vm, connected);
  EXPECT_EQ(remove_network(vm), 0);
  expect_host(vm, before);
}

}  // namespace
}  // namespace azcni::test
