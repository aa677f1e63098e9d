// Containers of IPv6 alone, of both families in either order, and of prefixes without a gateway.

#include "net_test.h"

namespace azcni::test {
namespace {

class Families : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json config(const Vm& vm, const Json& families) {
    Json config = config_1_1(vm, GetParam());
    config["ipam"]["ipFamilies"] = families;
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Families, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: what is done of IPv4 unasked, and what needs an IPv4 address to be done.
TEST_P(Families, Ipv6AloneIsEnough) {
  Lab& lab = start_lab({.vms = 2});
  Vm& vm = lab.vm();
  Json json = config(vm, {"IPv6"});
  json["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
  EXPECT_EQ(vm.cni("STATUS", Pod{}, json).text, "");
  const Pod web = vm.make_pod("web"), client = vm.make_pod("client");
  const PluginExit answer = attach(vm, web, json);
  ASSERT_EQ(answer.json["ips"].size(), 1U) << answer.text;
  EXPECT_EQ(answer.json["routes"].size(), 1U) << answer.text;
  EXPECT_EQ(vm.ip_in(web, {"-4", "route", "show"}).size(), 0U);
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  EXPECT_TRUE(Lab::pings(vm, answer.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, web, lab.vm(1).spec().ip6));
  Json without_ports = json;
  without_ports.erase("runtimeConfig");
  attach(vm, client, without_ports);
  EXPECT_TRUE(Lab::pings_from(vm, client, answer.ip()));
  json["prevResult"] = answer.json;
  EXPECT_EQ(vm.cni("CHECK", web, json).text, "");
  detach(vm, web, json);
}

// Catches: an order that nobody configured: what reads the first address only gets the other
// family.
TEST_P(Families, ComeInTheOrderOfTheConfiguration) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json both = Json::parse(R"([["IPv6", "IPv4"], ["IPv4", "IPv6"]])");
  for (const Json& families : both) {
    const std::string first = families[0].get<std::string>();
    SCOPED_TRACE(first);
    const PluginExit answer = attach(vm, vm.make_pod(first), config(vm, families));
    ASSERT_EQ(answer.json["ips"].size(), 2U);
    EXPECT_EQ(answer.ip(0).find(':') != std::string::npos, first == "IPv6") << answer.text;
    EXPECT_EQ(answer.json["routes"][0]["dst"], first == "IPv6" ? "::/0" : "0.0.0.0/0");
    for (const std::size_t i : {0, 1}) EXPECT_TRUE(lab.pings_from_fabric(answer.ip(i)));
  }
}

// Catches: a pod's own or another pod's address that is said to be the gateway.
TEST_P(Families, APrefixOfContainersAloneHasNoGateway) {
  Vm& vm = start_lab().vm();
  Json json = config(vm, {"IPv6"});
  json["ipam"].update(Json::parse(R"({"environment": "static", "nics": [{"name": "eth0",
      "subnets": [{"prefix": "fd00:240::/64", "addresses": ["fd00:240::1:5", "fd00:240::1"]}]}]})"));
  const Pod one = vm.make_pod("one"), other = vm.make_pod("other");
  for (const Pod& pod : {one, other}) {
    const PluginExit answer = attach(vm, pod, json);
    EXPECT_FALSE(answer.json["ips"][0].contains("gateway")) << answer.text;
    EXPECT_FALSE(answer.json["routes"][0].contains("gw")) << answer.text;
  }
  EXPECT_TRUE(Lab::pings(vm, "fd00:240::1:5"));
  EXPECT_TRUE(Lab::pings(vm, "fd00:240::1"));
}

}  // namespace
}  // namespace azcni::test
