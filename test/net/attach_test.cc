// ADD and DEL of azure-vnet: what they answer, and what they leave.

#include <set>

#include "net_test.h"

namespace azcni::test {
namespace {

class Add : public NetTest {};
class Del : public NetTest {};

std::size_t veths(const Vm& vm) { return vm.ip({"link", "show", "type", "veth"}).size(); }

// Catches: a result that runtimes or chained plugins can't use.
TEST_F(Add, AnswersInterfacesAddressRouteAndDns) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  const Json result = attach(vm, pod, vm.config()).json;
  EXPECT_EQ(result["cniVersion"], "1.0.0");
  EXPECT_EQ(result["interfaces"][0]["name"].get<std::string>().substr(0, 3), "azv");
  EXPECT_EQ(result["interfaces"][1]["name"], "eth0");
  EXPECT_EQ(result["interfaces"][1]["sandbox"], pod.netns);
  EXPECT_EQ(result["interfaces"][1]["mac"], vm.ip_in(pod, {"link", "show", "eth0"})[0]["address"]);
  EXPECT_EQ(result["ips"],
            Json::parse(R"([{"address":"10.240.1.5/16","gateway":"10.240.0.1","interface":1}])"));
  EXPECT_EQ(result["routes"], Json::parse(R"([{"dst":"0.0.0.0/0","gw":"10.240.0.1"}])"));
  EXPECT_EQ(result["dns"]["nameservers"], Json::parse(R"(["168.63.129.16"])"));
}

// Catches: names that Calico on Azure would not compute. SHA-1 of "default.web" begins so.
TEST_F(Add, NamesTheHostLinkAfterThePod) {
  Vm& vm = start_lab().vm();
  const Json result = attach(vm, vm.make_pod("web"), vm.config()).json;
  EXPECT_EQ(result["interfaces"][0]["name"], "azv68caf03a5f4");
  EXPECT_EQ(vm.ip({"link", "show", "azv68caf03a5f4"})[0]["address"],
            result["interfaces"][0]["mac"]);
}

TEST_F(Add, WorksWithoutCniArgs) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("anonymous");
  pod.name = "";
  const PluginExit answer = attach(vm, pod, vm.config());
  EXPECT_TRUE(Lab::pings(vm, answer.ip()));
  detach(vm, pod, vm.config());
  EXPECT_EQ(veths(vm), 0U);
}

// Catches: frames of the NIC's size that don't fit into the pod's link.
TEST_F(Add, GivesBothEndsTheMtuOfTheNic) {
  Vm& vm = start_lab({.mtu = 3900}).vm();
  const Pod pod = vm.make_pod("web");
  const Json result = attach(vm, pod, vm.config()).json;
  EXPECT_EQ(vm.ip_in(pod, {"link", "show", "eth0"})[0]["mtu"], 3900);
  EXPECT_EQ(vm.ip({"link", "show", result["interfaces"][0]["name"]})[0]["mtu"], 3900);
}

TEST_F(Add, TakesTheMasterThatIsNamed) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  config["master"] = "eth0";
  attach(vm, vm.make_pod("web"), config);
  config["master"] = "eth7";
  config["name"] = "other";
  const PluginExit answer = vm.cni("ADD", vm.make_pod("db"), config);
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.text.find("eth7"), std::string::npos) << answer.text;
  EXPECT_EQ(veths(vm), 1U);
}

// Catches: a second ADD that tears down the healthy attachment of the first.
TEST_F(Add, SecondAddLeavesTheFirstAlone) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  const PluginExit first = attach(vm, pod, vm.config());
  const std::string before = vm.snapshot();
  const PluginExit second = vm.cni("ADD", pod, vm.config());
  EXPECT_EQ(second.status, 1);
  EXPECT_EQ(second.json["code"], 101) << second.text;
  EXPECT_EQ(vm.snapshot(), before);
  EXPECT_TRUE(Lab::pings(vm, first.ip()));
}

// Catches: the same when the record of the first was lost.
TEST_F(Add, SecondAddLeavesTheFirstAloneWithoutItsRecord) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  const PluginExit first = attach(vm, pod, vm.config());
  vm.run({"rm", "-rf", "/run/azure-vnet"});
  EXPECT_EQ(vm.cni("ADD", pod, vm.config()).json["code"], 101);
  EXPECT_TRUE(Lab::pings(vm, first.ip()));
}

TEST_F(Add, AttachesTwoInterfacesOfOnePod) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  const PluginExit second = vm.cni("ADD", pod, vm.config(), "eth1");
  EXPECT_EQ(second.status, 0) << second.text;
  EXPECT_EQ(veths(vm), 2U);
  Json check = vm.config();
  check["prevResult"] = second.json;
  const PluginExit checked = vm.cni("CHECK", pod, check, "eth1");
  EXPECT_EQ(checked.status, 0) << checked.text;
  EXPECT_EQ(vm.cni("DEL", pod, vm.config(), "eth1").status, 0);
  EXPECT_EQ(veths(vm), 1U);
}

// Catches: a default route by the interface that came first, where a runtime attaches two at once.
TEST_F(Add, LeavesTheDefaultRouteToEth0) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  Json second = vm.config();
  second["name"] = "second";
  ASSERT_EQ(vm.cni("ADD", pod, second, "eth1").status, 0);
  ASSERT_EQ(vm.cni("ADD", pod, vm.config(), "eth0").status, 0);
  const Json route = vm.ip_in(pod, {"route", "get", lab::kInternetIp});
  ASSERT_EQ(route.size(), 1U) << route;
  EXPECT_EQ(route[0]["dev"], "eth0") << "the default route is that of the first to come";
}

// Catches: a lock over the whole of ADD, an address given twice, and what only a crowd shows.
TEST_F(Add, FiftyPodsAtOnce) {
  Lab& lab = start_lab({.secondaries = 60});
  Vm& vm = lab.vm();
  std::vector<Pod> pods;
  for (int i = 0; i < 50; ++i) pods.push_back(vm.make_pod("pod" + std::to_string(i)));
  std::vector<lab::Process> adds;
  Json config = vm.config();
  config["ipam"]["queryInterval"] = 3600;  // however long it takes
  for (const Pod& pod : pods) adds.push_back(vm.start_cni("ADD", pod, config));
  std::set<std::string> addresses;
  for (lab::Process& add : adds) {
    const PluginExit answer = Vm::plugin_exit(add.wait());
    ASSERT_EQ(answer.status, 0) << answer.text << answer.err;
    addresses.insert(answer.ip());
  }
  EXPECT_EQ(addresses.size(), 50U);
  EXPECT_EQ(lab.wireserver().requests(), 1) << "one query for all";
  EXPECT_TRUE(Lab::pings_from(vm, pods[0], *addresses.rbegin()));

  std::vector<lab::Process> dels;
  for (const Pod& pod : pods) dels.push_back(vm.start_cni("DEL", pod, vm.config()));
  for (lab::Process& del : dels) EXPECT_EQ(del.wait().status, 0);
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  EXPECT_TRUE(vm.list("/run/azure-vnet/turns").empty());
}

struct BadInput {
  const char* name;
  const char* patch;  ///< merged into the configuration
  unsigned code;
  const char* text;

  friend void PrintTo(const BadInput& each, std::ostream* out) { *out << each.name; }
};

class AddRefuses : public NetTest, public ::testing::WithParamInterface<BadInput> {};

// Catches: input that is half acted upon before it is found wrong.
TEST_P(AddRefuses, AndChangesNothing) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  const std::string before = vm.snapshot();
  Json config = vm.config();
  config.merge_patch(Json::parse(GetParam().patch));
  const PluginExit answer = vm.cni("ADD", pod, config);
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], GetParam().code) << answer.text;
  EXPECT_NE(answer.text.find(GetParam().text), std::string::npos) << answer.text;
  EXPECT_EQ(vm.snapshot(), before);
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, AddRefuses,
    ::testing::Values(
        BadInput{"mode_unknown", R"({"mode":"bridged"})", 7, "mode: expected"},
        BadInput{"mode_type", R"({"mode":5})", 7, "mode: expected a string"},
        BadInput{"master", R"({"master":"a/b"})", 7, "master: expected"},
        BadInput{"log_level", R"({"logLevel":"loud"})", 7, "logLevel: expected"},
        BadInput{"via_host", R"({"ipsToRouteViaHost":["x"]})", 7, "ipsToRouteViaHost: expected"},
        BadInput{"port",
                 R"({"runtimeConfig":{"portMappings":[{"hostPort":70000,"containerPort":1}]}})", 7,
                 "runtimeConfig.portMappings[0].hostPort: expected a port"},
        BadInput{"ipam_missing", R"({"ipam":null})", 7, "ipam.type"},
        BadInput{"ipam_path", R"({"ipam":{"type":"../x"}})", 7, "ipam.type"},
        BadInput{"ipam_unknown", R"({"ipam":{"type":"nope"}})", 7, "no plugin"},
        BadInput{"ipam_refuses", R"({"ipam":{"environment":"moon"}})", 7,
                 "ipam.environment: expected"},
        BadInput{"multitenancy", R"({"multiTenancy":true})", 2, "multiTenancy"}),
    case_name<BadInput>);

TEST_F(Add, RefusesTheHostsOwnNamespace) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("web");
  pod.netns = "/proc/self/ns/net";
  const PluginExit answer = vm.cni("ADD", pod, vm.config());
  EXPECT_EQ(answer.json["code"], 8) << answer.text;
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

// Catches: keys in the letter case that the Go plugins accepted.
TEST_F(Add, ReadsKeysInAnyLetterCase) {
  Vm& vm = start_lab().vm();
  const Json config =
      Json::parse(R"({"CNIVersion":"1.0.0","Name":"azure","Type":"azure-vnet","Mode":"transparent",
                                      "Ipam":{"Type":"azure-vnet-ipam","IpAddress":"10.240.1.9"},
                                      "dns":{"Nameservers":["10.0.0.10"]}})");
  const PluginExit answer = attach(vm, vm.make_pod("web"), config);
  EXPECT_EQ(answer.ip(), "10.240.1.9");
  EXPECT_EQ(answer.json["dns"]["nameservers"][0], "10.0.0.10");
}

TEST_F(Del, RemovesEverythingAndMayBeRepeated) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, vm.make_pod("other"), vm.config());
  const std::string before = vm.snapshot();
  attach(vm, pod, vm.config());
  detach(vm, pod, vm.config());
  EXPECT_EQ(vm.snapshot(), before);
  EXPECT_EQ(vm.ip_in(pod, {"link"}).size(), 1U) << "only lo";
  detach(vm, pod, vm.config());
  EXPECT_EQ(vm.snapshot(), before);
}

// Catches: a DEL that needs the namespace; runtimes send none after a reboot of the machine.
TEST_F(Del, WorksWithoutNetns) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("web");
  const std::string before = vm.snapshot();
  attach(vm, pod, vm.config());
  pod.netns = "";
  detach(vm, pod, vm.config());
  // The pools' order and the network's record may differ: an attachment's traces may not.
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  EXPECT_NE(before, "");
}

TEST_F(Del, WorksWhenTheNetnsIsGone) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  vm.remove_netns(pod);
  detach(vm, pod, vm.config());
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  EXPECT_TRUE(vm.list("/run/azure-vnet/endpoints").empty());
}

TEST_F(Del, WorksWithoutState) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  vm.run({"rm", "-rf", "/run/azure-vnet", "/run/azure-vnet.json"});
  detach(vm, pod, vm.config());
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

// Catches: a DEL that finds the link only by the names in CNI_ARGS or a record.
TEST_F(Del, WorksWithoutStateAndCniArgs) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  vm.run({"rm", "-rf", "/run/azure-vnet"});
  pod.name = "";
  detach(vm, pod, vm.config());
  EXPECT_EQ(veths(vm), 0U);
}

// Catches: a DEL that overtakes an ADD which its runtime gave up on, and so leaks its address.
TEST_F(Del, WaitsForAnAddThatStillRuns) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod pod = vm.make_pod("web");
  const std::string metadata = Lab::metadata_of(vm.spec());
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, metadata, 400};
  });
  lab::Process add = vm.start_cni("ADD", pod, vm.config());
  ASSERT_TRUE(lab.wireserver().wait_for_requests(1));
  detach(vm, pod, vm.config());
  EXPECT_EQ(add.wait().status, 0);
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

// Catches: a delegate that outlives a killed azure-vnet unseen, and leases an address after DEL.
TEST_F(Del, WaitsForTheDelegateOfAKilledAdd) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod pod = vm.make_pod("web");
  const std::string metadata = Lab::metadata_of(vm.spec());
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, metadata, 400};
  });
  lab::Process add = vm.start_cni("ADD", pod, vm.config());
  ASSERT_TRUE(lab.wireserver().wait_for_requests(1));
  add.kill(SIGKILL);
  add.wait();
  detach(vm, pod, vm.config());
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  EXPECT_TRUE(vm.list("/run/azure-vnet/turns").empty());
}

// Catches: a late DEL of a pod's former container that takes the link of the new one.
TEST_F(Del, OfAFormerLifeOfThePodLeavesTheNewOne) {
  Vm& vm = start_lab().vm();
  const Pod former = vm.make_pod("web-0");
  attach(vm, former, vm.config());
  Pod present = vm.make_pod("web-0b");
  present.name = former.name;  // a StatefulSet's pod: the same name, another container
  const PluginExit answer = attach(vm, present, vm.config());
  detach(vm, former, vm.config());
  EXPECT_TRUE(Lab::pings(vm, answer.ip()));
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 1U);
}

// Catches: a configuration that was broken since ADD, and pods that can't be removed for it.
TEST_F(Del, WorksWithAConfigurationThatAddRefuses) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config());
  Json config = vm.config();
  config.merge_patch(
      Json::parse(R"({"mode":"nonsense","logLevel":7,"ipam":{"environment":"moon","subnet":5}})"));
  detach(vm, pod, config);
  EXPECT_EQ(veths(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
}

// Catches: a delegate whose answer is thrown away, since its status is lost to a caller that
// ignores the end of its children, as daemons do.
TEST_F(Add, WorksForACallerThatIgnoresOrBlocksSignals) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  Json config = vm.config();
  config["cniVersion"] = "1.1.0";
  for (const char* how : {"--ignore-signal=", "--block-signal="}) {
    const std::vector<std::string> wrapper{"env", std::string(how) + "CHLD,PIPE,ALRM,TERM,HUP"};
    for (const char* verb : {"ADD", "STATUS", "DEL"}) {
      const PluginExit answer = Vm::plugin_exit(vm.start_cni(verb, pod, config, wrapper).wait());
      EXPECT_EQ(answer.status, 0) << how << verb << ": " << answer.text;
    }
    EXPECT_EQ(veths(vm), 0U);
    EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  }
}

}  // namespace
}  // namespace azcni::test
