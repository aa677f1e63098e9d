// CHECK of azure-vnet, against damage done to the host, the pod and the leases.

#include "net_test.h"

namespace azcni::test {
namespace {

class Check : public NetTest {};

struct Damage {
  const char* name;
  std::vector<std::string> on_host;  ///< a command; "HOST_IF" is replaced
  std::vector<std::string> in_pod;
  const char* missing;

  friend void PrintTo(const Damage& each, std::ostream* out) { *out << each.name; }
};

class CheckFinds : public NetTest, public ::testing::WithParamInterface<Damage> {};

// Catches: a CHECK that looks at records instead of the kernel.
TEST_P(CheckFinds, WhatIsMissing) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  Json config = vm.config();
  const Json result = attach(vm, pod, config).json;
  config["prevResult"] = result;
  const PluginExit whole = vm.cni("CHECK", pod, config);
  ASSERT_EQ(whole.status, 0) << whole.text;
  EXPECT_EQ(whole.text, "");

  const auto command = [&](std::vector<std::string> words) {
    for (std::string& word : words) {
      if (word == "HOST_IF") word = result["interfaces"][0]["name"];
      if (word == "POD_IP") word = "10.240.1.5";
    }
    return words;
  };
  const lab::Exit damaged = GetParam().on_host.empty() ? vm.run_in(pod, command(GetParam().in_pod))
                                                       : vm.run(command(GetParam().on_host));
  ASSERT_EQ(damaged.status, 0) << damaged.err;
  const PluginExit broken = vm.cni("CHECK", pod, config);
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.text.find(GetParam().missing), std::string::npos) << broken.text;
}

INSTANTIATE_TEST_SUITE_P(
    Damage, CheckFinds,
    ::testing::Values(
        Damage{"host_route",
               {"ip", "route", "del", "POD_IP"},
               {},
               "`ip route add 10.240.1.5/32 dev azv"},
        Damage{"host_neighbour",
               {"ip", "neigh", "del", "POD_IP", "dev", "HOST_IF"},
               {},
               "`ip neigh replace 10.240.1.5 "},
        Damage{"host_link_down", {"ip", "link", "set", "HOST_IF", "down"}, {}, " up"},
        Damage{"host_link_gone", {"ip", "link", "del", "HOST_IF"}, {}, "eth0"},
        Damage{"forwarding", {"sysctl", "-qw", "net.ipv4.ip_forward=0"}, {}, "ip_forward"},
        Damage{
            "lease", {"rm", "/run/azure-vnet-ipam/leases/10.240.1.5.json"}, {}, "holds no address"},
        Damage{"address",
               {},
               {"ip", "address", "flush", "dev", "eth0"},
               "`ip address add 10.240.1.5/32"},
        Damage{"default_route", {}, {"ip", "route", "del", "default"}, "ip route add default via"},
        Damage{"neighbour",
               {},
               {"ip", "neigh", "del", "169.254.1.1", "dev", "eth0"},
               "ip neigh replace 169.254.1.1"},
        Damage{"mac",
               {},
               {"ip", "link", "set", "eth0", "address", "02:00:00:00:00:09"},
               "ip link set eth0 address"}),
    case_name<Damage>);

// Catches: a port or a rule that is gone, in the modes where the host's side is a bridge's.
TEST_F(Check, FindsWhatIsMissingOfABridge) {
  for (const char* damage :
       {"ip link set azv68caf03a5f4 nomaster", "ip neigh del 10.240.1.5 dev azure0",
        "nft delete element bridge azure_vnet_eth0 containers4 '{ 10.240.1.5 }'",
        "nft flush table bridge azure_vnet_eth0", "ip link set eth0 nomaster"}) {
    SCOPED_TRACE(damage);
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    Json config = vm.config("bridge");
    config["bridge"] = "azure0";
    const Pod pod = vm.make_pod("web");
    config["prevResult"] = attach(vm, pod, config).json;
    EXPECT_EQ(vm.cni("CHECK", pod, config).text, "");
    const lab::Exit damaged = vm.run({"sh", "-c", damage});
    ASSERT_EQ(damaged.status, 0) << damaged.err;
    EXPECT_EQ(vm.cni("CHECK", pod, config).json["code"], 106);
  }
}

// Catches: an answer that lists what was in a container that is gone, or prints a table's rules.
TEST_F(Check, SaysInAWordWhatIsGoneAsAWhole) {
  Vm& vm = start_lab().vm();
  const Json config = vm.config("bridge");
  Pod pod = vm.make_pod("web");
  Json check = config;
  check["prevResult"] = attach(vm, pod, config).json;
  ASSERT_EQ(vm.run({"nft", "flush", "table", "bridge", "azure_vnet_eth0"}).status, 0);
  pod.netns = "/run/netns/gone";
  EXPECT_EQ(vm.cni("CHECK", pod, check).json["msg"],
            "missing: rules of table bridge azure_vnet_eth0; the container's network namespace "
            "\"/run/netns/gone\"");
  detach(vm, pod, config);  // it sends no more
  lab().fabric().forget_spoofed_frames();
}

TEST_F(Check, NeedsPrevResult) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  EXPECT_EQ(vm.cni("CHECK", pod, vm.config()).json["code"], 7);
}

// Catches: a pod that is cut off since the host was given its address: netplan apply, with
// cloud-init's secondary addresses.
TEST_F(Check, TheHostTookTheAddress) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  const PluginExit added = attach(vm, pod, vm.config());
  vm.run({"ip", "address", "add", added.ip() + "/16", "dev", "eth0"});
  Json config = vm.config();
  config["prevResult"] = added.json;
  const PluginExit answer = vm.cni("CHECK", pod, config);
  EXPECT_EQ(answer.json["code"], 106) << answer.text;
  EXPECT_NE(answer.text.find("an address of eth0"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace azcni::test
