// Records of the version that kept no placements and no NICs, with pods that live.

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

class OlderRecords : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static void forget_what_is_new(const Vm& vm) {
    lab::must_run(vm.context(), {"sh", "-ec",
                                 "rm -r /run/azure-vnet/nics; cd /run/azure-vnet/endpoints; "
                                 "sed -i 's/\"placement\":{[^}]*},//' *.json"});
  }
  /// Tables as that version made them, with what it had of a pod: `nft` prints no more of its
  /// rules.
  static void make_former_tables(const Vm& vm, const PluginExit& pod) {
    const std::string address = pod.ip(), mac = pod.json["interfaces"][1]["mac"];
    vm.run({"nft", "delete", "table", "inet", "azure_vnet"});
    vm.run({"nft", "delete", "table", "inet", "azure_vnet_azure"});
    lab::must_run(
        vm.context(), {"nft", "-f", "-"},
        "table inet azure_vnet_azure {\n map pods4 {\n  type ipv4_addr : ether_addr\n"
        "  elements = { " +
            address + " : " + mac +
            " }\n }\n map ports4 {\n  type inet_proto . inet_service : ipv4_addr . inet_service\n"
            "  elements = { tcp . 8080 : " +
            address +
            " . 80 }\n }\n chain prerouting {\n  type nat hook prerouting priority -90\n"
            "  fib daddr type local dnat ip to meta l4proto . th dport map @ports4\n }\n}\n");
    lab::must_run(vm.context(), {"sh", "-ec",
                                 "cd /run/azure-vnet/networks; "
                                 "sed -i 's/\"nfTables\":true,//' *.json"});
  }
  static Json link_of(const Vm& vm, const PluginExit& added) {
    return vm.ip({"-d", "link", "show", added.json["interfaces"][0]["name"]})[0];
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, OlderRecords, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: an upgrade that takes the pods that live out of the NIC's rules, by another group.
TEST_P(OlderRecords, LeaveLivingPodsAsTheyAre) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["ipMasq"] = true;
  config["vnetCidrs"] = "10.240.0.0/16";
  const Pod old = vm.make_pod("old");
  const PluginExit added = attach(vm, old, config);
  const Json before = link_of(vm, added);
  forget_what_is_new(vm);
  attach(vm, vm.make_pod("next"), config);
  EXPECT_EQ(link_of(vm, added)["group"], before["group"]);
  EXPECT_TRUE(Lab::pings_from(vm, old, lab::kInternetIp));
  Json check = config;
  check["prevResult"] = added.json;
  EXPECT_EQ(vm.cni("CHECK", old, check).text, "");
  detach(vm, old, config);
}

// Catches: a port that is closed since the upgrade, one that two pods have, and one that is led to
// a pod which is gone.
TEST_P(OlderRecords, KeepPortsOfLivingPods) {
  Lab& lab = start_lab({.vms = 2});
  Vm& vm = lab.vm();
  Json config = vm.config(GetParam()), with_port = config;
  with_port["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
  const Pod old = vm.make_pod("old"), next = vm.make_pod("next");
  for (const bool masquerades : {true, false}) {
    config["ipMasq"] = with_port["ipMasq"] = masquerades;
    SCOPED_TRACE(masquerades);
    const PluginExit added = attach(vm, old, with_port);
    make_former_tables(vm, added);
    const PluginExit refused = vm.cni("ADD", next, with_port);
    EXPECT_EQ(refused.json.value("code", 0), 107) << refused.text;
    {
      const lab::WhoamiServer server(vm.context_of(old), 80);
      EXPECT_NE(lab::greeting(lab.vm(1).context(), "tcp", vm.spec().ip4, 8080), "");
    }
    detach(vm, next, with_port);
    detach(vm, old, with_port);
    const std::string rules = vm.run({"nft", "list", "ruleset"}).out;
    EXPECT_EQ(rules.find(" 8080 "), std::string::npos) << rules;

    make_former_tables(vm, attach(vm, old, with_port));
    detach(vm, old, with_port);
    EXPECT_EQ(vm.run({"nft", "list", "map", "inet", "azure_vnet_azure", "ports4"}).out.find("8080"),
              std::string::npos)
        << "a DEL that comes before the next ADD";
  }
}

// Catches: a NIC that nobody remembers to be below a bridge, since the first ADD was another
// network's.
TEST_P(OlderRecords, GiveTheNicBackInTheEnd) {
  Vm& vm = start_lab().vm();
  const Json config = vm.config(GetParam());
  const Pod old = vm.make_pod("old"), next = vm.make_pod("next");
  attach(vm, old, config);
  forget_what_is_new(vm);
  Json other = vm.config("transparent");
  other["name"] = "other";
  other["master"] = "eth0";
  attach(vm, next, other);
  detach(vm, old, config);
  detach(vm, next, other);
  for (const char* network : {"azure", "other"}) {
    const lab::Exit removed =
        vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", network});
    EXPECT_EQ(removed.status, 0) << removed.err;
  }
  EXPECT_TRUE(vm.ip({"link", "show", "type", "bridge"}).empty());
}

class TwoNetworks : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, TwoNetworks, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a table that each ADD makes anew, and a CHECK that fails, for an address named twice.
TEST_P(TwoNetworks, MayHaveTheSameNodeLocalDns) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam()), other = config;
  config["ipsToRouteViaHost"] = {"169.254.20.10"};
  other["ipsToRouteViaHost"] = {"169.254.20.10", "169.254.20.10"};
  other["name"] = "other";
  const Pod pod = vm.make_pod("web");
  const PluginExit added = attach(vm, pod, config);
  attach(vm, vm.make_pod("next"), other);
  config["prevResult"] = added.json;
  EXPECT_EQ(vm.cni("CHECK", pod, config).text, "");
}

// Catches: pods that are cut off by `network rm` of another network, since theirs has another mode
// by now.
TEST_P(TwoNetworks, KeepTheNicBelowItsBridgeForPodsOfAFormerMode) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = vm.config(GetParam());
  Json other = config, changed = vm.config("transparent");
  other["name"] = changed["name"] = "other";
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, first, config);
  const PluginExit added = attach(vm, second, other);
  attach(vm, vm.make_pod("third"), changed);
  detach(vm, first, config);
  ASSERT_EQ(vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"}).status,
            0);
  EXPECT_TRUE(lab.pings_from_fabric(added.ip()));
}

// Catches: an attachment that can never be deleted, since two mappings come to one element.
TEST_F(NetTest, APortNamedTwiceIsDeleted) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  config["runtimeConfig"] = Json::parse(
      R"({"portMappings": [{"hostPort": 81, "containerPort": 80, "protocol": "tcp"},
                           {"hostPort": 81, "containerPort": 80, "protocol": "tcp",
                            "hostIP": "0.0.0.0"}]})");
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  detach(vm, pod, config);
}

}  // namespace
}  // namespace azcni::test
