// azure-vnet.exe with HNS v1: containers without a namespace of their own, several in a pod.

#include "windows_test.h"

namespace azcni::test {
namespace {

constexpr const char* kInfra = "0123456789abcdef";
constexpr const char* kWorkload = "fedcba9876543210";
const std::string kGuestOfInfra = std::string("container:") + kInfra;

class Hns : public WindowsTest {
 protected:
  void SetUp() override {
    WindowsTest::SetUp();
    Json state = vm().hns();
    state["containers"] = {{kInfra, Json::object()}, {kWorkload, Json::object()}};
    vm().set_hns(state);
  }

  static PluginExit call(const std::string& verb, const Json& json,
                         const std::string& container = kInfra, const std::string& netns = "none") {
    return vm().cni({verb, container, netns, "eth0", "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"},
                    json);
  }
  static PluginExit add(const Json& json, const std::string& container = kInfra,
                        const std::string& netns = "none") {
    const PluginExit answer = call("ADD", json, container, netns);
    EXPECT_EQ(answer.status, 0) << answer.text << answer.err;
    return answer;
  }
  static void expect_nothing_left() {
    EXPECT_TRUE(vm().hns()["endpoints"].empty()) << vm().hns()["endpoints"];
    EXPECT_EQ(leases(), 0U);
    EXPECT_TRUE(vm().list("k/azure-vnet/endpoints").empty());
  }
};

TEST_F(Hns, AddAndDelAreGolden) {
  const PluginExit answer = add(config());
  EXPECT_EQ(answer.ip(), "10.240.1.5");
  EXPECT_EQ(answer.json["interfaces"][0]["name"], "eth0");
  EXPECT_EQ(call("DEL", config()).text, "");
  expect_golden("v1_add_del");
  expect_nothing_left();
  EXPECT_EQ(call("DEL", config()).status, 0) << "again";
}

TEST_F(Hns, BothFamiliesAndEveryPolicyAreGolden) {
  Json json = with_every_policy(config());
  json["mode"] = "tunnel";
  json["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
  EXPECT_EQ(add(json).json["ips"].size(), 2U);
  EXPECT_EQ(call("DEL", json).text, "");
  expect_golden("v1_every_policy");
  expect_nothing_left();
}

// Catches: the second container of a pod that gets an address of its own, or an error
// (kubernetes issue 57253); and a DEL of it that takes the network from the first.
TEST_F(Hns, ContainersOfAPodShareOneAttachment) {
  const Json first = add(config()).json;
  EXPECT_EQ(add(config()).json, first) << "kubelet asks again";
  EXPECT_EQ(add(config(), kWorkload, kGuestOfInfra).json, first);
  EXPECT_EQ(add(config(), kWorkload, kGuestOfInfra).json, first);
  EXPECT_EQ(vm().hns()["endpoints"].size(), 1U);
  EXPECT_EQ(vm().hns()["endpoints"].front()["SharedContainers"], Json({kInfra, kWorkload}));
  EXPECT_EQ(leases(), 1U);
  EXPECT_EQ(call("DEL", config(), kWorkload, kGuestOfInfra).status, 0);
  EXPECT_EQ(vm().hns()["endpoints"].size(), 1U);
  EXPECT_EQ(call("DEL", config(), kInfra, "").status, 0);
  expect_nothing_left();
}

// Catches: as of version 2.
TEST_F(Hns, AContainerWhoseIdBeginsAlikeIsLeftAlone) {
  Json state = vm().hns();
  state["containers"] = {{"cnitool-1", Json::object()}, {"cnitool-2", Json::object()}};
  vm().set_hns(state);
  add(config(), "cnitool-1");
  const Json before = vm().hns()["endpoints"];
  EXPECT_EQ(call("ADD", config(), "cnitool-2").status, 1);
  EXPECT_EQ(call("DEL", config(), "cnitool-2").status, 0);
  EXPECT_EQ(vm().hns()["endpoints"], before);
  EXPECT_EQ(leases(), 1U);
}

// Catches: an endpoint that a container of before the reboot has for ever.
TEST_F(Hns, AStaleEndpointIsNotInTheWay) {
  add(config());
  vm().remove("k/azure-vnet-ipam");
  vm().remove("k/azure-vnet");
  Json state = vm().hns();
  state["containers"] = {{kWorkload, Json::object()}};
  vm().set_hns(state);
  EXPECT_EQ(add(config(), kWorkload).ip(), "10.240.1.5");
  EXPECT_EQ(vm().hns()["endpoints"].size(), 1U);
}

TEST_F(Hns, ACallThatFailsLeavesNothing) {
  struct Fault {
    const char* call;
    Json fault;
    const char* word;
  };
  const Json made_up{{"result", 0x803B000A}, {"error", "Made up. "}, {"times", 1}};
  for (const Fault& each : {Fault{"HNSCall POST", made_up, "POST /networks/"},
                            Fault{"HcsOpenComputeSystem", made_up, "HcsOpenComputeSystem"},
                            Fault{"HcsModifyComputeSystem", made_up, "HcsModifyComputeSystem"}}) {
    SCOPED_TRACE(each.call);
    vm().set_faults({{each.call, each.fault}});
    const PluginExit answer = call("ADD", config());
    EXPECT_EQ(answer.status, 1);
    EXPECT_NE(answer.text.find(each.word), std::string::npos) << answer.text;
    expect_nothing_left();
  }
  add(config());
}

TEST_F(Hns, ACallThatHangsIsGivenUp) {
  Json json = config();
  json["windowsSettings"] = {{"hnsTimeoutDurationInSeconds", 5}};  // enough for those that don't
  vm().set_faults({{"HcsModifyComputeSystem", {{"hang", true}, {"times", 1}}}});
  EXPECT_EQ(call("ADD", json).json["code"], 11);
  expect_nothing_left();
  add(json);
}

TEST_F(Hns, CheckLooksAtTheEndpoint) {
  Json json = config();
  json["prevResult"] = add(config()).json;
  EXPECT_EQ(call("CHECK", json).text, "");
  Json state = vm().hns();
  state["endpoints"].front()["IPAddress"] = "10.240.1.99";
  vm().set_hns(state);
  EXPECT_EQ(call("CHECK", json).json["code"], 106);
}

TEST_F(Hns, NamesTheLibraryThatIsMissing) {
  vm().remove_library("vmcompute.dll");
  const PluginExit answer = call("ADD", config());
  EXPECT_NE(answer.text.find("load vmcompute.dll"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace azcni::test
