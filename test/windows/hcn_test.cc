// azure-vnet.exe and azure-vnet-ipam.exe with HCN v2: containers whose namespace is a GUID.

#include <set>

#include "windows_test.h"

namespace azcni::test {
namespace {

constexpr const char* kContainer = "0123456789abcdef";
constexpr const char* kPod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";

class Hcn : public WindowsTest {
 protected:
  void SetUp() override {
    WindowsTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) netns_ = vm().make_namespace(1);
  }

  PluginExit call(const std::string& verb, const Json& json) const {
    return vm().cni({verb, kContainer, netns_, "eth0", kPod}, json);
  }
  PluginExit add(const Json& json) const {
    const PluginExit answer = call("ADD", json);
    EXPECT_EQ(answer.status, 0) << answer.text << answer.err;
    return answer;
  }
  void del(const Json& json) const {
    const PluginExit answer = call("DEL", json);
    EXPECT_EQ(answer.status, 0) << answer.text << answer.err;
    EXPECT_EQ(answer.text, "");
  }
  static void expect_nothing_left() {
    EXPECT_TRUE(vm().hns()["endpoints"].empty()) << vm().hns()["endpoints"];
    EXPECT_EQ(leases(), 0U);
    EXPECT_TRUE(vm().list("k/azure-vnet/endpoints").empty());
    EXPECT_TRUE(vm().list("k/azure-vnet/turns").empty());
  }

  std::string netns_;
};

// Catches: a document that HNS would not take, or that says something else than was configured.
TEST_F(Hcn, AddAndDelAreGolden) {
  const PluginExit answer = add(config());
  EXPECT_EQ(answer.json, Json::parse(R"({"cniVersion": "1.0.0",
    "interfaces": [{"name": "eth0", "mac": "00:15:5d:00:00:01", "sandbox": ")" +
                                     netns_ + R"("}],
    "ips": [{"interface": 0, "address": "10.240.1.5/16", "gateway": "10.240.0.1"}],
    "routes": [{"dst": "0.0.0.0/0", "gw": "10.240.0.1"}], "dns": {"nameservers": ["168.63.129.16"]}})"));
  EXPECT_EQ(answer.text.find('\r'), std::string::npos);
  del(config());
  EXPECT_TRUE(vm().calls("HNSCall GET").empty()) << "version 1 has no part in it";
  expect_golden("v2_add_del");
  expect_nothing_left();
  del(config());
}

TEST_F(Hcn, BothFamiliesAndEveryPolicyAreGolden) {
  Json json = with_every_policy(config());
  json["mode"] = "tunnel";
  json["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
  EXPECT_EQ(add(json).json["ips"].size(), 2U);
  del(json);
  expect_golden("v2_every_policy");
  expect_nothing_left();
}

TEST_F(Hcn, DnsOfTheRuntimeWins) {
  Json json = with_every_policy(config());
  json["runtimeConfig"] = {
      {"dns", {{"servers", {"10.9.9.9"}}, {"searches", {"a.b"}}, {"options", {"x"}}}}};
  add(json);
  EXPECT_EQ(vm().calls("HcnCreateEndpoint").at(0)["document"]["Dns"],
            Json::parse(R"({"ServerList": ["10.9.9.9"], "Search": ["a.b"], "Options": ["x"]})"));
  EXPECT_FALSE(vm().calls("HcnCreateNetwork").at(0)["document"].contains("Dns"))
      << "one pod's servers are not the network's";
}

TEST_F(Hcn, UsesTheNetworkThatIsThere) {
  Json state = vm().hns();
  state["networks"]["aaaaaaaa-0000-0000-0000-000000000001"] = {
      {"Name", "azure"},
      {"Type", "L2Bridge"},
      {"Ipams", {{{"Subnets", {{{"IpAddressPrefix", "10.240.0.0/16"}}}}}}}};
  vm().set_hns(state);
  add(config());
  EXPECT_TRUE(vm().calls("HcnCreateNetwork").empty());
  EXPECT_EQ(vm().hns()["endpoints"].front()["HostComputeNetwork"],
            "aaaaaaaa-0000-0000-0000-000000000001");
}

// Catches: a host's vNIC given to HNS, which then looks for an adapter of that name.
TEST_F(Hcn, NamesTheAdapterThatIsConfigured) {
  Json json = config();
  json["adapterName"] = "vEthernet (Ethernet 2)";
  add(json);
  EXPECT_FALSE(vm().calls("HcnCreateNetwork").at(0)["document"].contains("Policies"));
  json["name"] = "other";
  json["adapterName"] = "Ethernet 3";
  const PluginExit answer = vm().cni({"ADD", "another-one", vm().make_namespace(2)}, json);
  EXPECT_EQ(answer.status, 1);
  for (const char* word : {"HcnCreateNetwork", "An adapter was not found", "0x803b0006"})
    EXPECT_NE(answer.text.find(word), std::string::npos) << answer.text;
}

// Catches: half an attachment, or a lease, after a call that failed.
TEST_F(Hcn, ACallThatFailsLeavesNothing) {
  for (const char* failing : {"HcnEnumerateNetworks", "HcnCreateNetwork", "HcnOpenNetwork",
                              "HcnCreateEndpoint", "HcnOpenNamespace", "HcnModifyNamespace"}) {
    SCOPED_TRACE(failing);
    vm().set_faults({{failing, {{"result", 0x803B000A}, {"error", "Made up. "}, {"times", 1}}}});
    const PluginExit answer = call("ADD", config());
    EXPECT_EQ(answer.status, 1);
    EXPECT_EQ(answer.json["code"], 100);
    for (const char* word : {failing, "Made up", "0x803b000a"})
      EXPECT_NE(answer.text.find(word), std::string::npos) << answer.text;
    expect_nothing_left();
  }
  add(config());
}

// Catches: an HNS that hangs and takes every later call, or the node, with it.
TEST_F(Hcn, ACallThatHangsIsGivenUpAndTheNextOneWorks) {
  Json json = config();
  json["windowsSettings"] = {{"hnsTimeoutDurationInSeconds", 5}};  // enough for those that don't
  for (const char* hanging : {"HcnCreateNetwork", "HcnCreateEndpoint", "HcnModifyNamespace"}) {
    SCOPED_TRACE(hanging);
    vm().set_faults({{hanging, {{"hang", true}, {"times", 1}}}});
    const PluginExit answer = call("ADD", json);
    EXPECT_EQ(answer.status, 1);
    EXPECT_EQ(answer.json["code"], 11) << answer.text;
    EXPECT_NE(answer.text.find(hanging), std::string::npos) << answer.text;
    EXPECT_NE(answer.text.find("5000 ms"), std::string::npos) << answer.text;
    expect_nothing_left();
    add(json);
    del(json);
  }
  add(json);
  vm().set_faults({{"HcnDeleteEndpoint", {{"hang", true}, {"times", 1}}}});
  EXPECT_EQ(call("DEL", json).json["code"], 11);
  EXPECT_EQ(leases(), 1U) << "the container may have its address still";
  del(json);
  expect_nothing_left();
}

TEST_F(Hcn, DelSucceedsForWhatIsGone) {
  const auto without = [&](const char* kind) {
    Json state = vm().hns();
    state[kind] = Json::object();
    vm().set_hns(state);
  };
  add(config());
  without("namespaces");
  del(config());
  expect_nothing_left();
  netns_ = vm().make_namespace(1);
  add(config());
  without("endpoints");
  del(config());
  expect_nothing_left();
  netns_ = vm().make_namespace(1);
  add(config());
  Json no_netns = config();
  EXPECT_EQ(vm().cni({"DEL", kContainer, "", "eth0", kPod}, no_netns).text, "");
  expect_nothing_left();
}

// Catches: a DEL that needs the record, which somebody removed.
TEST_F(Hcn, DelWorksWithoutARecord) {
  add(config());
  vm().write("k/azure-vnet/endpoints/0123456789abcdef@eth0.json", std::string(200, '\0'));
  del(config());
  EXPECT_TRUE(vm().hns()["endpoints"].empty());
  EXPECT_EQ(leases(), 0U);
}

// Catches: endpoints of containers that a reboot ended, whose addresses HNS keeps.
TEST_F(Hcn, AStaleEndpointIsNotInTheWay) {
  add(config());
  Json state = vm().hns();
  Json stale = state["endpoints"].front();
  stale["Name"] = "deadbeef-eth0";
  stale.erase("HostComputeNamespace");
  state["endpoints"] = {{"bbbbbbbb-0000-0000-0000-000000000001", stale}};
  vm().set_hns(state);
  vm().remove("k/azure-vnet-ipam");  // as after a reboot
  vm().remove("k/azure-vnet");
  Json json = config();
  json["ipam"]["ipAddress"] = "10.240.1.5";
  netns_ = vm().make_namespace(2);
  const PluginExit answer = vm().cni({"ADD", "feedfeedfeed", netns_}, json);
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(vm().hns()["endpoints"].size(), 1U);
}

// Catches: a name of 8 characters taken for an identity. cnitool's containers all begin alike.
TEST_F(Hcn, AContainerWhoseIdBeginsAlikeIsLeftAlone) {
  const std::string other = vm().make_namespace(2);
  EXPECT_EQ(vm().cni({"ADD", "cnitool-1", netns_}, config()).status, 0);
  const Json before = vm().hns()["endpoints"];
  const PluginExit answer = vm().cni({"ADD", "cnitool-2", other}, config());
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.text.find("cnitool--eth0"), std::string::npos) << answer.text;
  EXPECT_EQ(vm().cni({"DEL", "cnitool-2", other}, config()).status, 0);
  EXPECT_EQ(vm().cni({"DEL", "cnitool-2", ""}, config()).status, 0);
  EXPECT_EQ(vm().hns()["endpoints"], before);
  EXPECT_EQ(leases(), 1U);
}

// Catches: a network made anew without its subnets, on which no endpoint can be, for good.
TEST_F(Hcn, StatusMendsANetworkWithAllThatItHad) {
  Json json = config();
  json["cniVersion"] = "1.1.0";
  add(json);
  del(json);
  const Json made = vm().calls("HcnCreateNetwork").at(0)["document"];
  Json state = vm().hns();
  state["networks"] = Json::object();
  vm().set_hns(state);
  EXPECT_EQ(
      vm().run("azure-vnet", {{"CNI_COMMAND", "STATUS"}, {"CNI_PATH", WindowsVm::plugin_path()}},
               json.dump())
          .text,
      "");
  ASSERT_EQ(vm().calls("HcnCreateNetwork").size(), 2U);
  EXPECT_EQ(vm().calls("HcnCreateNetwork").at(1)["document"], made);
  add(json);
}

TEST_F(Hcn, StatusCallsAWrongConfigurationByItsName) {
  Json json = config();
  json["cniVersion"] = "1.1.0";
  json["mode"] = "transparent";
  EXPECT_EQ(call("STATUS", json).json["code"], 7);
}

TEST_F(Hcn, NamespaceThatIsNotThere) {
  netns_ = "99999999-0000-0000-0000-000000000000";
  const PluginExit answer = call("ADD", config());
  EXPECT_EQ(answer.json["code"], 8) << answer.text;
  expect_nothing_left();
}

TEST_F(Hcn, NamesTheLibraryThatIsMissing) {
  vm().remove_library("computenetwork.dll");
  const PluginExit answer = call("ADD", config());
  EXPECT_EQ(answer.json["code"], 100);
  EXPECT_NE(answer.text.find("load computenetwork.dll"), std::string::npos) << answer.text;
  expect_nothing_left();
}

TEST_F(Hcn, RefusesWhatHnsWouldRefuse) {
  Json json = config();
  const auto with = [&](const char* policy) {
    json["AdditionalArgs"] = {{{"Name", "EndpointPolicy"}, {"Value", Json::parse(policy)}}};
    const PluginExit answer = call("ADD", json);
    EXPECT_EQ(answer.status, 1) << policy;
    expect_nothing_left();
    return answer.json["code"].get<int>();
  };
  EXPECT_EQ(with(R"({"Type": "OutBoundNAT"})"), 7);
  EXPECT_EQ(with(R"({"Type": "ROUTE", "DestinationPrefix": "10.0.0.0/8"})"), 7);
  EXPECT_EQ(with(R"({"Type": "Odd"})"), 2);
  json.erase("AdditionalArgs");
  json["mode"] = "transparent";
  EXPECT_EQ(call("ADD", json).json["code"], 7);
}

TEST_F(Hcn, CheckGcAndStatus) {
  Json json = config();
  json["cniVersion"] = "1.1.0";
  EXPECT_EQ(call("STATUS", json).text, "");
  const PluginExit answer = add(json);
  Json check = json;
  check["prevResult"] = answer.json;
  EXPECT_EQ(call("CHECK", check).text, "");
  Json state = vm().hns();
  state["endpoints"].front().erase("HostComputeNamespace");
  vm().set_hns(state);
  EXPECT_EQ(call("CHECK", check).json["code"], 106);
  json["cni.dev/valid-attachments"] = Json::array();
  EXPECT_EQ(call("GC", json).text, "");
  expect_nothing_left();
  vm().set_faults({{"HNSCall GET", {{"result", 0x80070005}, {"error", "Access is denied. "}}}});
  EXPECT_EQ(call("STATUS", json).json["code"], 50);
}

// Catches: an address given twice, a record that one writer takes from another.
TEST_F(Hcn, FiftyAtOnceGetFiftyAddresses) {
  std::vector<std::string> sandboxes;
  for (int i = 0; i < 50; ++i) sandboxes.push_back(vm().make_namespace(100 + i));
  const int requests = vm().lab().wireserver().requests();
  Json json = config();
  json["ipam"]["queryInterval"] = 3600;  // however slow the machine is
  std::vector<lab::Process> adds;
  for (int i = 0; i < 50; ++i) {
    adds.push_back(vm().start_cni(
        {"ADD", std::to_string(10000000 + i), sandboxes[static_cast<std::size_t>(i)]}, json));
  }
  std::set<std::string> addresses;
  for (lab::Process& each : adds) {
    const PluginExit answer = lab::Vm::plugin_exit(each.wait());
    ASSERT_EQ(answer.status, 0) << answer.text << answer.err;
    EXPECT_TRUE(addresses.insert(answer.ip()).second) << answer.ip();
  }
  EXPECT_EQ(addresses.size(), 50U);
  EXPECT_EQ(vm().hns()["endpoints"].size(), 50U);
  EXPECT_EQ(vm().lab().wireserver().requests(), requests + 1);
}

}  // namespace
}  // namespace azcni::test
