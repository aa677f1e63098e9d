// What a container finds in its network namespace.

#include "net_test.h"

namespace azcni::test {
namespace {

using ContainerSide = NetTest;

// Catches: a way in one family by another interface than in the other, a fallback that wins, since
// the kernel's metric for none is 1024 in IPv6, and what goes wrong only when three come at once.
TEST_F(ContainerSide, OfSeveralInterfacesAtOnceLeavesTheDefaultRoutesToTheFirst) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  std::vector<lab::Process> adds;
  for (const std::string name : {"eth2", "eth1", "eth0"}) {
    Json config = vm.config();
    config["name"] = "of-" + name;
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    adds.push_back(vm.start_cni("ADD", pod, config, {}, name));
  }
  for (lab::Process& add : adds) {
    const PluginExit answer = Vm::plugin_exit(add.wait());
    ASSERT_EQ(answer.status, 0) << answer.text;
  }
  for (const char* to : {lab::kInternetIp, lab::kInternetIp6})
    EXPECT_EQ(vm.ip_in(pod, {"route", "get", to})[0]["dev"], "eth0") << to;
  for (const char* family : {"-4", "-6"}) {
    const Json routes = vm.ip_in(pod, {family, "route", "show", "default"});
    EXPECT_EQ(routes.size(), 3U) << "each has one: " << routes;
  }
}

// Catches: a container whose own services can't talk to each other, where no plugin for that is in
// the list: Nomad's, cnitool's.
TEST_F(ContainerSide, SetsLoUp) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  ASSERT_EQ(vm.run_in(pod, {"ip", "link", "set", "lo", "down"}).status, 0);
  attach(vm, pod, vm.config());
  EXPECT_TRUE(Lab::pings_from(vm, pod, "127.0.0.1"));
}

// Catches: an MTU or a route of the configuration that is shown in the result alone.
TEST_F(ContainerSide, GivesContainersTheMtuAndRoutesOfTheConfiguration) {
  Vm& vm = start_lab().vm();
  Json config = config_1_1(vm);
  config["mtu"] = 1400;
  config["routes"] = Json::parse(R"([{"dst": "198.51.100.0/24", "mtu": 1300}])");
  const Pod pod = vm.make_pod("web");
  const PluginExit answer = attach(vm, pod, config);
  const Json& result = answer.json;
  EXPECT_TRUE(Lab::pings(vm, answer.ip()));
  EXPECT_EQ(vm.ip_in(pod, {"link", "show", "eth0"})[0]["mtu"], 1400);
  EXPECT_EQ(vm.ip({"link", "show", result["interfaces"][0]["name"]})[0]["mtu"], 1400);
  EXPECT_EQ(result["interfaces"][1]["mtu"], 1400);
  EXPECT_EQ(result["routes"][1], Json::parse(R"({"dst": "198.51.100.0/24", "mtu": 1300})"));
  const Json routes = vm.ip_in(pod, {"route", "show", "198.51.100.0/24"});
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0]["metrics"], Json::parse(R"([{"mtu": 1300}])"));
  config["prevResult"] = result;
  EXPECT_EQ(vm.cni("CHECK", pod, config).text, "");
}

}  // namespace
}  // namespace azcni::test
