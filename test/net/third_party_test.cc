// azure-vnet-ipam under the network plugins of others, and called by tools.

#include <set>

#include "net_test.h"

namespace azcni::test {
namespace {

struct NetworkPlugin {
  const char* name;
  Json config;

  friend void PrintTo(const NetworkPlugin& each, std::ostream* out) { *out << each.name; }
};

class ThirdParty : public NetTest, public ::testing::WithParamInterface<NetworkPlugin> {
 protected:
  static Json config(const std::string& network, const Json& ipam = Json::object()) {
    Json json = GetParam().config;
    json.update({{"cniVersion", "1.0.0"},
                 {"name", network},
                 {"type", GetParam().name},
                 {"ipam", {{"type", "azure-vnet-ipam"}}}});
    json["ipam"].update(ipam);
    return json;
  }

  /// A VM with a second NIC, lan0, to which Azure assigned 12 addresses; unlike the lab's other
  /// NICs it can have macvlans.
  Vm& raise_vm() {
    Lab& lab = start_lab({.secondaries = 0});
    Vm& vm = lab.vm();
    lab::Nic nic = vm.spec();
    nic.mac = "00:0d:3a:00:01:01";
    nic.ip4 = "10.240.200.4";
    for (int i = 0; i < 12; ++i) nic.secondary4.push_back("10.240.200." + std::to_string(10 + i));
    vm.run({"ip", "link", "add", "lan0", "address", nic.mac, "type", "vxlan", "id", "7", "dstport",
            "4789", "dev", "eth0"});
    vm.run({"ip", "link", "set", "lan0", "up"});
    lab.wireserver().answer_with(
        [both = std::vector<lab::Nic>{vm.spec(), nic}](const auto&, const auto&) {
          return lab::Wireserver::Reply{200, Lab::metadata_of(both)};
        });
    return vm;
  }
};

INSTANTIATE_TEST_SUITE_P(Plugins, ThirdParty,
                         ::testing::Values(NetworkPlugin{"bridge", {{"bridge", "cni0"}}},
                                           NetworkPlugin{"ptp", Json::object()},
                                           NetworkPlugin{"macvlan", {{"master", "lan0"}}}),
                         case_name<NetworkPlugin>);

// Catches: the Go plugin, which failed from the second pod on: its pool was "in use".
TEST_P(ThirdParty, ManyPodsOfSeveralNetworksShareAPool) {
  Vm& vm = raise_vm();
  struct Attached {
    Pod pod;
    Json config;
  };
  std::vector<Attached> attached;
  std::set<std::string> addresses;
  for (const char* network : {"one", "two"}) {
    const Json with = config(network, {{"subnet", "10.240.0.0/16"}}), without = config(network);
    for (int i = 0; i < 6; ++i) {
      const Pod pod = vm.make_pod(network + std::to_string(i));
      const Json& json = i % 2 == 0 ? with : without;
      const PluginExit answer = vm.stock(GetParam().name, "ADD", pod, json);
      ASSERT_EQ(answer.status, 0) << answer.text << answer.err;
      EXPECT_TRUE(addresses.insert(answer.ip()).second) << answer.ip();
      Json check = json;
      check["prevResult"] = answer.json;
      const PluginExit checked = vm.stock(GetParam().name, "CHECK", pod, check);
      EXPECT_EQ(checked.status, 0) << checked.text;
      attached.push_back({pod, json});
    }
  }
  EXPECT_EQ(addresses.size(), 12U);
  EXPECT_EQ(vm.stock(GetParam().name, "ADD", vm.make_pod("more"), config("one")).json["code"], 102);
  for (const Attached& each : attached) {
    const PluginExit answer = vm.stock(GetParam().name, "DEL", each.pod, each.config);
    EXPECT_EQ(answer.status, 0) << answer.text;
  }
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

class Tool : public NetTest {
 protected:
  static Json config(const Json& ipam = Json::object()) {
    Json json{{"cniVersion", "1.0.0"}, {"name", "net"}, {"ipam", {{"type", "azure-vnet-ipam"}}}};
    json["ipam"].update(ipam);
    return json;
  }
  static std::string add(const Vm& vm, const std::string& container) {
    const PluginExit answer = vm.ipam("ADD", container, config());
    EXPECT_EQ(answer.status, 0) << answer.text;
    return answer.ip();
  }
};

TEST_F(Tool, ThatKnowsAContainerIdAloneGetsItsAddressAndGivesItBack) {
  Vm& vm = start_lab().vm();
  const std::string address = add(vm, "tool-1");
  EXPECT_NE(add(vm, "tool-2"), address);
  EXPECT_EQ(vm.ipam("DEL", "tool-1", config()).status, 0);
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 1U);
}

// Catches: an address that stays in use because its tool has forgotten for whom it asked.
TEST_F(Tool, ThatKnowsAnAddressAloneGivesItBack) {
  Vm& vm = start_lab().vm();
  const std::string address = add(vm, "tool-1"), other = add(vm, "tool-2");
  const lab::Process::Variables nobody{{"CNI_CONTAINERID", ""}, {"CNI_IFNAME", ""}};
  const Json by_address = config({{"ipAddress", address}});
  EXPECT_EQ(vm.ipam("DEL", "", by_address, nobody).status, 0);
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases"), std::vector<std::string>{other + ".json"});
  EXPECT_EQ(vm.ipam("DEL", "", by_address, nobody).status, 0) << "again";
  EXPECT_EQ(vm.ipam("DEL", "", config(), nobody).json["code"], 4) << "nothing is named at all";
  EXPECT_EQ(vm.ipam("DEL", "tool-3", config({{"ipAddress", other}})).status, 0);
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 1U) << "of another container: stays";
}

}  // namespace
}  // namespace azcni::test
