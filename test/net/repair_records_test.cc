// Attachments that live, and whose records or leases were lost.

#include "net_test.h"

namespace azcni::test {
namespace {

class RepairRecords : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static lab::Exit vnet(const Vm& vm, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{AZCNI_PLUGINS "/azure-vnet"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return vm.run(argv);
  }

  static void script(const Vm& vm, const std::string& text) {
    lab::must_run(vm.context(), {"sh", "-euc", text});
  }

  /// Of one pod: of others the records stay.
  static std::string record_of(const Pod& pod) {
    return "/run/azure-vnet/endpoints/" + pod.container_id + "@eth0.json";
  }

  static Json configured(const Vm& vm) {
    Json config = config_1_1(vm, GetParam());
    config["ipMasq"] = true;
    const Json list{{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {config}}};
    vm.write("/etc/cni/net.d/10-azure.conflist", list.dump());
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, RepairRecords, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a pod that no repair sees any more since its record is damaged, and one that is left
// half there by a DEL which knows only what was rebuilt.
TEST_P(RepairRecords, ADamagedOneIsRebuiltByTheLook) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  Json config = configured(vm);
  const Pod pod = vm.make_pod("web"), other = vm.make_pod("other");
  attach(vm, other, config);
  const std::string before = vm.snapshot();
  const std::string rules = vm.run({"nft", "-s", "list", "ruleset"}).out;
  Json with_ports = config;
  with_ports["runtimeConfig"] = Json::parse(
      R"({"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]})");
  const std::string address = attach(vm, pod, with_ports).ip();
  vm.write(record_of(pod), "{\"complete\":");
  script(vm, "ip route del " + address + "; rm -f /run/azure-vnet/looked/*");
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_TRUE(lab.pings_from_fabric(address));
  const Json record = Json::parse(vm.read(record_of(pod)), nullptr, false);
  ASSERT_TRUE(record.is_object());
  EXPECT_EQ(record["rebuilt"], true);
  EXPECT_EQ(record["addresses"][0], address + "/16");
  EXPECT_EQ(vnet(vm, {"list"}).status, 0);
  script(vm, "rm /run/azure-vnet/endpoints/*.corrupt");
  detach(vm, pod, config);
  EXPECT_EQ(vm.snapshot(), before);
  EXPECT_EQ(vm.run({"nft", "-s", "list", "ruleset"}).out.find("8080"), std::string::npos);
}

// Catches: pods that stay unknown after their records were lost, though leases name them.
TEST_P(RepairRecords, LostOnesAreRebuiltByTheFirstAdd) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = configured(vm);
  const Pod pod = vm.make_pod("web"), next = vm.make_pod("next");
  const std::string address = attach(vm, pod, config).ip();
  script(vm, "rm -r /run/azure-vnet; ip route del " + address);
  attach(vm, next, config);
  EXPECT_EQ(vm.list("/run/azure-vnet/endpoints").size(), 2U);
  script(vm, "rm -f /run/azure-vnet/looked/*");
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_TRUE(lab.pings_from_fabric(address));
  EXPECT_EQ(vnet(vm, {"list"}).status, 0) << vnet(vm, {"list"}).out;
  for (const Pod& each : {pod, next}) detach(vm, each, config);
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

// Catches: a single record that was removed, which only the pod's end would make good.
TEST_P(RepairRecords, ALostOneIsRebuiltByDoctor) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = configured(vm);
  const Pod pod = vm.make_pod("web"), other = vm.make_pod("other");
  attach(vm, other, config);
  const std::string address = attach(vm, pod, config).ip();
  script(vm, "rm " + record_of(pod));
  EXPECT_TRUE(doctor_tells(vm, {"lost-record", address}));
  vnet(vm, {"doctor", "--fix"});
  EXPECT_NE(vm.read(record_of(pod)), "");
  EXPECT_FALSE(doctor_tells(vm, {"attachment-broken"})) << vnet(vm, {"doctor"}).out;
  script(vm, "ip neigh flush nud permanent");
  script(vm, "rm -f /run/azure-vnet/looked/*");
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_EQ(vnet(vm, {"list"}).status, 0);
  EXPECT_TRUE(lab.pings_from_fabric(address));
}

// Catches: two pods with one address, since all that told of the first was lost but its link; and
// an address that stays taken when that is gone.
TEST_P(RepairRecords, AnAddressThatALinkLeadsToIsNotHandedOut) {
  Vm& vm = start_lab({.secondaries = 3}).vm();
  const Json config = configured(vm);
  const Pod pod = vm.make_pod("web");
  const std::string address = attach(vm, pod, config).ip();
  script(vm, "rm -r /run/azure-vnet /run/azure-vnet-ipam; ip route del " + address);
  for (const char* name : {"a", "b"})
    EXPECT_NE(attach(vm, vm.make_pod(name), config).ip(), address);
  const Pod last = vm.make_pod("c");
  EXPECT_EQ(vm.cni("ADD", last, config).json["code"], 102) << "an address was given twice";
  vm.remove_netns(pod);
  EXPECT_EQ(attach(vm, last, config).ip(), address);
}

// Catches: a half made attachment completed by others, or one that keeps them from being repaired.
TEST_P(RepairRecords, AnIncompleteOneIsLeftToItsOwnVerbs) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = configured(vm);
  const Pod pod = vm.make_pod("web"), other = vm.make_pod("other");
  attach(vm, pod, config);
  const std::string address = attach(vm, other, config).ip();
  Json record = Json::parse(vm.read(record_of(pod)));
  record["complete"] = false;
  vm.write(record_of(pod), record.dump());
  script(vm, "ip route flush proto static; rm -f /run/azure-vnet/looked/*");
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_TRUE(lab.pings_from_fabric(address));
  EXPECT_EQ(Json::parse(vm.read(record_of(pod)))["complete"], false);
  EXPECT_EQ(vm.cni("ADD", pod, config).status, 0);
}

// Catches: a node that is said to be fine while a pod can't be given back what it lost.
TEST_P(RepairRecords, StatusSaysWhatCantBePutBack) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = configured(vm);
  const Pod pod = vm.make_pod("web");
  const std::string address = attach(vm, pod, config).ip();
  script(vm, "rm -f /run/azure-vnet/looked/*; ip route del " + address + "; ip route add " +
                 address + " dev lo");
  for (int i = 0; i < 2; ++i) {
    const PluginExit answer = vm.cni("STATUS", Pod{}, config);
    EXPECT_EQ(answer.json["code"], 51) << answer.text;
    EXPECT_NE(answer.text.find(address), std::string::npos) << answer.text;
  }
  script(vm, "ip route del " + address + "; rm -f /run/azure-vnet/looked/*");
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_TRUE(lab.pings_from_fabric(address));
}

class RepairTables : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, RepairTables, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: an element that leads an address to a container that is gone, for good; and one that is
// removed under a pod that lives and whose record was lost.
TEST_P(RepairTables, StatusSweepsWhatIsOfNoContainer) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, GetParam());
  const Pod pod = vm.make_pod("web"), lost = vm.make_pod("lost");
  const std::string address = attach(vm, pod, config).ip();
  const std::string of_lost = attach(vm, lost, config).ip();
  vm.run({"rm", "/run/azure-vnet/endpoints/" + lost.container_id + "@eth0.json"});
  lab::must_run(vm.context(), {"nft",
                               "add element bridge azure_vnet_eth0 containers4 "
                               "{ 10.9.9.9 : 02:00:00:00:00:09 }"});
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  const std::string rules = vm.run({"nft", "list", "ruleset"}).out;
  EXPECT_EQ(rules.find("10.9.9.9"), std::string::npos) << rules;
  for (const std::string& each : {address, of_lost}) EXPECT_TRUE(lab.pings_from_fabric(each));
}

}  // namespace
}  // namespace azcni::test
