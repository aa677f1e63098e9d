// azure-vnet-ipam as third parties call it: addresses, leases and pools.

#include <set>

#include "ipam_test.h"

namespace azcni::test {
namespace {

TEST_F(Ipam, AnswersInTheFormOfEachVersion) {
  Vm& vm = start_lab().vm();
  Json json = config();
  json["cniVersion"] = "0.2.0";
  EXPECT_EQ(vm.ipam("ADD", "a", json).json, Json::parse(R"({"cniVersion":"0.2.0",
    "ip4":{"ip":"10.240.1.5/16","gateway":"10.240.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.240.0.1"}]},
    "dns":{"nameservers":["168.63.129.16"]}})"));
  json["cniVersion"] = "0.4.0";
  EXPECT_EQ(vm.ipam("ADD", "a", json).json, Json::parse(R"({"cniVersion":"0.4.0",
    "ips":[{"version":"4","address":"10.240.1.5/16","gateway":"10.240.0.1"}],
    "routes":[{"dst":"0.0.0.0/0","gw":"10.240.0.1"}],"dns":{"nameservers":["168.63.129.16"]}})"));
  json["cniVersion"] = "1.0.0";
  json["ipam"]["ipFamilies"] = {"IPv6"};
  EXPECT_EQ(vm.ipam("ADD", "b", json).json, Json::parse(R"({"cniVersion":"1.0.0",
    "ips":[{"address":"fd00:240::1:5/64","gateway":"fd00:240::1"}],
    "routes":[{"dst":"::/0","gw":"fd00:240::1"}],"dns":{"nameservers":["168.63.129.16"]}})"));
}

// Catches: the Go plugin's second pod, which found its pool "in use".
TEST_F(Ipam, GivesEveryAddressOfThePoolAndThenSaysWhatToDo) {
  Vm& vm = start_lab({.secondaries = 5}).vm();
  std::set<std::string> addresses;
  for (int i = 0; i < 5; ++i) addresses.insert(add(vm, "c" + std::to_string(i)));
  EXPECT_EQ(addresses.size(), 5U);
  EXPECT_EQ(add(vm, "c3"), "10.240.1.8") << "the same owner, the same address";
  const PluginExit answer = vm.ipam("ADD", "one-more", config());
  EXPECT_EQ(answer.json["code"], 102);
  for (const char* word :
       {"eth0", "10.240.0.0/16", "5 addresses", "5 in use", "az network nic ip-config create"}) {
    EXPECT_NE(answer.text.find(word), std::string::npos) << word << " in " << answer.text;
  }
  EXPECT_EQ(leases(vm), 5U);
}

// Catches: a race between reading the pool and writing the lease.
TEST_F(Ipam, SixtyFourAtOnceGetDifferentAddresses) {
  Lab& lab = start_lab({.secondaries = 60});
  Vm& vm = lab.vm();
  std::vector<lab::Process> adds;
  const Json json = config({{"queryInterval", 3600}});
  for (int i = 0; i < 64; ++i) adds.push_back(vm.start_ipam("ADD", "c" + std::to_string(i), json));
  std::set<std::string> addresses;
  int refused = 0;
  for (lab::Process& each : adds) {
    const PluginExit answer = Vm::plugin_exit(each.wait());
    if (answer.status == 0) {
      EXPECT_TRUE(addresses.insert(answer.ip()).second) << answer.ip() << " was given twice";
    } else {
      EXPECT_EQ(answer.json["code"], 102) << answer.text;
      ++refused;
    }
  }
  EXPECT_EQ(addresses.size(), 60U);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(lab.wireserver().requests(), 1);
}

// Catches: an address that goes to the next pod while others still talk to the last one.
TEST_F(Ipam, AReleasedAddressRestsAsLongAsPossible) {
  Vm& vm = start_lab({.secondaries = 4}).vm();
  EXPECT_EQ(add(vm, "a"), "10.240.1.5");
  EXPECT_EQ(add(vm, "b"), "10.240.1.6");
  EXPECT_EQ(vm.ipam("DEL", "a", config()).status, 0);
  EXPECT_EQ(add(vm, "c"), "10.240.1.7");
  EXPECT_EQ(add(vm, "d"), "10.240.1.8");
  EXPECT_EQ(add(vm, "e"), "10.240.1.5");
}

TEST_F(Ipam, ReleasesOnlyWhatTheCallerHolds) {
  Vm& vm = start_lab().vm();
  const std::string held = add(vm, "a");
  EXPECT_EQ(vm.ipam("DEL", "stranger", config()).status, 0);
  EXPECT_EQ(vm.ipam("DEL", "stranger", config({{"ipAddress", held}})).status, 0);
  EXPECT_EQ(vm.ipam("DEL", "a", config(), {{"CNI_IFNAME", "eth1"}}).status, 0);
  EXPECT_EQ(leases(vm), 1U);
  EXPECT_EQ(vm.ipam("DEL", "a", config()).status, 0);
  EXPECT_EQ(vm.ipam("DEL", "a", config()).status, 0);
  EXPECT_EQ(leases(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/owners").empty());
}

TEST_F(Ipam, GivesTheAddressThatIsAskedFor) {
  Vm& vm = start_lab().vm();
  EXPECT_EQ(add(vm, "a", config({{"ipAddress", "10.240.1.9"}})), "10.240.1.9");
  Json runtime = config();
  runtime["runtimeConfig"]["ips"] = {"10.240.1.10/16"};
  EXPECT_EQ(add(vm, "b", runtime), "10.240.1.10");
  Json args = config();
  args["args"]["cni"]["ips"] = {"10.240.1.11"};
  EXPECT_EQ(add(vm, "c", args), "10.240.1.11");
  EXPECT_EQ(vm.ipam("ADD", "d", config(), {{"CNI_ARGS", "IP=10.240.1.12"}}).ip(), "10.240.1.12");

  const PluginExit taken = vm.ipam("ADD", "e", config({{"ipAddress", "10.240.1.9"}}));
  EXPECT_EQ(taken.json["code"], 103);
  EXPECT_NE(taken.text.find("container a"), std::string::npos) << taken.text;
  EXPECT_EQ(leases(vm), 4U);
}

// Catches: two machines' worth of software that both believe an address is theirs.
TEST_F(Ipam, DoesNotGiveAnAddressThatTheHostUses) {
  Vm& vm = start_lab({.secondaries = 3}).vm();
  vm.run({"ip", "address", "add", "10.240.1.5/16", "dev", "eth0"});
  vm.run({"ip", "route", "add", "10.240.1.6/32", "dev", "lo"});
  EXPECT_EQ(add(vm, "a"), "10.240.1.7");
  const PluginExit answer = vm.ipam("ADD", "b", config());
  EXPECT_EQ(answer.json["code"], 102) << answer.text;
  EXPECT_NE(answer.text.find("an address of eth0 (10.240.1.5)"), std::string::npos) << answer.text;
  EXPECT_EQ(leases(vm), 1U);
}

TEST_F(Ipam, KeepsAnOwnersLeaseThroughAFailedSecondFamily) {
  Vm& vm = start_lab().vm();
  add(vm, "a");
  EXPECT_EQ(
      vm.ipam("ADD", "a", config({{"ipFamilies", {"IPv4", "IPv6"}}, {"subnet", "10.240.0.0/16"}}))
          .status,
      1);
  EXPECT_EQ(leases(vm), 1U) << "the IPv4 lease was there before";
}

TEST_F(Ipam, UsesTheSubnetAndTheMasterThatAreNamed) {
  Vm& vm = start_lab().vm();
  EXPECT_EQ(add(vm, "a", config({{"subnet", "10.240.0.0/16"}})), "10.240.1.5");
  const PluginExit unknown = vm.ipam("ADD", "b", config({{"subnet", "10.9.0.0/16"}}));
  EXPECT_EQ(unknown.json["code"], 7);
  EXPECT_NE(unknown.text.find("eth0 10.240.0.0/16"), std::string::npos) << unknown.text;
  Json master = config();
  master["master"] = "eth9";
  EXPECT_EQ(vm.ipam("ADD", "c", master).json["code"], 102);
}

TEST_F(Ipam, ChecksTheLease) {
  Vm& vm = start_lab().vm();
  Json json = config();
  json["prevResult"] = vm.ipam("ADD", "a", json).json;
  EXPECT_EQ(vm.ipam("CHECK", "a", json).text, "");
  EXPECT_EQ(vm.ipam("CHECK", "b", json).status, 1);
  vm.ipam("DEL", "a", json);
  EXPECT_EQ(vm.ipam("CHECK", "a", json).json["code"], 106);
}

TEST_F(Ipam, ReadsTheFileOfAnAzureStackAgent) {
  Vm& vm = start_lab().vm();
  const std::string document =
      R"({"Interfaces":[{"MacAddress":"000d3a000001","IsPrimary":true,"IPSubnets":[
    {"Prefix":"10.240.0.0/16","IPAddresses":[{"Address":"10.240.1.4","IsPrimary":true},
                                             {"Address":"10.240.1.77","IsPrimary":false}]}]}]})";
  for (const char* environment : {"mas", "fileIpam"}) {
    const PluginExit missing = vm.ipam("ADD", "a", config({{"environment", environment}}));
    EXPECT_EQ(missing.json["code"], 104);
    EXPECT_NE(missing.text.find("/etc/kubernetes/interfaces.json"), std::string::npos)
        << missing.text;
  }
  vm.write("/etc/kubernetes/interfaces.json", document);
  EXPECT_EQ(add(vm, "a", config({{"environment", "mas"}})), "10.240.1.77");
  vm.write("/run/other.json", document);
  EXPECT_EQ(
      add(vm, "b",
          config({{"environment", "mas"}, {"file", "/run/other.json"}, {"dataDir", "/run/other"}})),
      "10.240.1.77");
}

// Catches: a file as PowerShell writes it, in UTF-16, that an error of the JSON library does not
// name.
TEST_F(Ipam, NamesAFileOfAnotherEncoding) {
  Vm& vm = start_lab().vm();
  std::string utf16 = "\xFF\xFE";
  for (const char letter : std::string(R"({"Interfaces":[]})")) utf16 += {letter, '\0'};
  vm.write("/etc/kubernetes/interfaces.json", utf16);
  const PluginExit answer = vm.ipam("ADD", "a", config({{"environment", "mas"}}));
  ASSERT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], 104) << answer.text;
  EXPECT_NE(answer.text.find("/etc/kubernetes/interfaces.json"), std::string::npos) << answer.text;
}

TEST_F(Ipam, NullEnvironmentHasNoAddresses) {
  Vm& vm = start_lab().vm();
  EXPECT_EQ(vm.ipam("ADD", "a", config({{"environment", "null"}})).json["code"], 102);
}

struct BadIpamInput {
  const char* name;
  const char* input;  ///< "{…}" merged into the configuration, else stdin as it is
  unsigned code;
  const char* text;

  friend void PrintTo(const BadIpamInput& each, std::ostream* out) { *out << each.name; }
};

class IpamRefuses : public Ipam, public ::testing::WithParamInterface<BadIpamInput> {};

// Catches: a crash, an answer that is no JSON, or state that bad input changed.
TEST_P(IpamRefuses, AndChangesNothing) {
  Vm& vm = start_lab().vm();
  add(vm, "held");
  const std::string before = vm.snapshot();
  Json input = GetParam().input;
  if (GetParam().input[0] == '{') {
    input = config();
    input.merge_patch(Json::parse(GetParam().input));
  }
  const PluginExit answer = vm.ipam("ADD", "bad", input);
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], GetParam().code) << answer.text;
  EXPECT_NE(answer.text.find(GetParam().text), std::string::npos) << answer.text;
  EXPECT_EQ(vm.snapshot(), before);
}

INSTANTIATE_TEST_SUITE_P(
    BadIpamInput, IpamRefuses,
    ::testing::Values(BadIpamInput{"no_stdin", "", 6, "got nothing"},
                      BadIpamInput{"no_json", "hello", 6, "is not JSON"},
                      BadIpamInput{"cut_off", "[1,2", 6, "is not JSON"},
                      BadIpamInput{"a_list", "[]", 7, "expected an object"},
                      BadIpamInput{"version", R"({"cniVersion":"9.0.0"})", 1, "9.0.0"},
                      BadIpamInput{"name", R"({"name":"a b"})", 7, "name: expected"},
                      BadIpamInput{"environment", R"({"ipam":{"environment":"moon"}})", 7,
                                   "ipam.environment: expected"},
                      BadIpamInput{"environment_type", R"({"ipam":{"environment":1}})", 7,
                                   "ipam.environment: expected"},
                      BadIpamInput{"subnet", R"({"ipam":{"subnet":"10.0.0.0"}})", 7,
                                   "ipam.subnet: expected a CIDR"},
                      BadIpamInput{"address", R"({"ipam":{"ipAddress":"x"}})", 7,
                                   "ipam.ipAddress: expected"},
                      BadIpamInput{"address_outside", R"({"ipam":{"ipAddress":"10.9.9.9"}})", 7,
                                   "10.9.9.9 is in no pool"},
                      BadIpamInput{"interval", R"({"ipam":{"queryInterval":"soon"}})", 7,
                                   "ipam.queryInterval: expected"},
                      BadIpamInput{"url", R"({"ipam":{"queryUrl":"https://x/"}})", 7, "is no URL"},
                      BadIpamInput{"families", R"({"ipam":{"ipFamilies":["IPX"]}})", 7,
                                   "ipam.ipFamilies: expected"},
                      BadIpamInput{"space", R"({"ipam":{"addressSpace":"outer"}})", 7,
                                   "ipam.addressSpace: expected"},
                      BadIpamInput{"ipam_type", R"({"ipam":[]})", 7, "ipam: expected an object"}),
    case_name<BadIpamInput>);

// Catches: a node whose metadata can't be asked, and that waits for them; an address that is kept
// out and handed out; and a pod that does not get the address that it says.
TEST_F(Ipam, ServesWhatTheConfigurationHas) {
  Vm& vm = start_lab().vm();
  lab().wireserver().die();
  Json json = vm.config();
  json["cniVersion"] = "1.1.0";
  json["ipam"].update(Json::parse(R"({"environment": "static", "exclude": "10.240.0.16/31",
      "nics": [{"name": "eth0", "subnets": [{"prefix": "10.240.0.0/16",
                "addresses": ["10.240.0.16/29"]}]}]})"));
  EXPECT_EQ(vm.cni("STATUS", Pod{}, json).text, "");
  const PluginExit first = attach(vm, vm.make_pod("a"), json);
  EXPECT_EQ(first.ip(), "10.240.0.18");
  EXPECT_TRUE(Lab::pings(vm, first.ip()));
  json["runtimeConfig"]["io.kubernetes.cri.pod-annotations"] = {{"azure-vnet/ips", "10.240.0.22"}};
  EXPECT_EQ(attach(vm, vm.make_pod("b"), json).ip(), "10.240.0.22");
  json["runtimeConfig"]["io.kubernetes.cri.pod-annotations"] = {{"azure-vnet/ips", "10.240.0.16"}};
  EXPECT_EQ(vm.cni("ADD", vm.make_pod("c"), json).json["code"], 7);
}

// Catches: damage to one lease that frees a stranger's address, or blocks the rest.
TEST_F(Ipam, ADamagedLeaseIsSetAside) {
  Vm& vm = start_lab().vm();
  add(vm, "a");
  vm.write("/run/azure-vnet-ipam/leases/10.240.1.5.json", "{\"address\"");
  EXPECT_EQ(add(vm, "b"), "10.240.1.6");
  EXPECT_EQ(vm.ipam("DEL", "a", config()).status, 0);
  EXPECT_NE(vm.read("/run/azure-vnet-ipam/leases/10.240.1.5.json.corrupt"), "");
}

TEST_F(Ipam, FindsOwnersAgainWhenTheirIndexIsLost) {
  Vm& vm = start_lab().vm();
  add(vm, "a");
  vm.run({"rm", "-rf", "/run/azure-vnet-ipam/owners"});
  EXPECT_EQ(vm.ipam("DEL", "a", config()).status, 0);
  EXPECT_EQ(leases(vm), 0U);
}

}  // namespace
}  // namespace azcni::test
