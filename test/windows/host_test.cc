// What both executables do with Windows itself: files, locks, logs, adapters.

#include "windows_test.h"

namespace azcni::test {
namespace {

class Host : public WindowsTest {
 protected:
  static PluginExit ipam(const std::string& verb, const std::string& container,
                         const Json& ipam = {}) {
    Json json{{"cniVersion", "1.0.0"}, {"name", "net"}, {"ipam", {{"type", "azure-vnet-ipam"}}}};
    if (!ipam.is_null()) json["ipam"].update(ipam);
    return vm().run("azure-vnet-ipam",
                    {{"CNI_COMMAND", verb},
                     {"CNI_CONTAINERID", container},
                     {"CNI_NETNS", "none"},
                     {"CNI_IFNAME", "eth0"},
                     {"CNI_PATH", WindowsVm::plugin_path()}},
                    json.dump());
  }
};

// Catches: what the modules take for granted of their system, and is so on Linux alone.
TEST_F(Host, PassesTheUnitTests) {
  const PluginExit answer = vm().run("unit_tests", {}, "");
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_NE(answer.text.find("[  PASSED  ]"), std::string::npos);
}

TEST_F(Host, TellsItsVersion) {
  const PluginExit answer =
      vm().run("azure-vnet", {{"CNI_COMMAND", "VERSION"}}, R"({"cniVersion":"0.4.0"})");
  EXPECT_EQ(answer.text,
            "{\"cniVersion\":\"0.4.0\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\","
            "\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n");
}

TEST_F(Host, IpamKeepsItsLeases) {
  EXPECT_EQ(ipam("ADD", "a").ip(), "10.240.1.5");
  EXPECT_EQ(ipam("ADD", "a").ip(), "10.240.1.5");
  EXPECT_EQ(ipam("ADD", "b").ip(), "10.240.1.6");
  EXPECT_EQ(ipam("DEL", "a").text, "");
  EXPECT_EQ(ipam("ADD", "c").ip(), "10.240.1.7");
  EXPECT_NE(vm().read("k/azure-vnet-ipam.json"), "") << "others look for it";
}

TEST_F(Host, ReadsTheFileOfAnAzureStackAgent) {
  vm().write("k/interfaces.json", R"({"Interfaces":[{"MacAddress":"000D3A000001","IsPrimary":true,
    "IPSubnets":[{"Prefix":"10.240.0.0/16","IPAddresses":[{"Address":"10.240.1.4","IsPrimary":true},
    {"Address":"10.240.1.55","IsPrimary":false}]}]}]})");
  EXPECT_EQ(ipam("ADD", "a", {{"environment", "mas"}}).ip(), "10.240.1.55");
}

// Catches: the Go plugin's files of NULs after a power loss, which bricked the node.
TEST_F(Host, AFileOfNulsCostsThatRecordAlone) {
  ipam("ADD", "a");
  ipam("ADD", "b");
  const std::string nuls(300, '\0');
  vm().write("k/azure-vnet-ipam/leases/10.240.1.5.json", nuls);
  vm().write("k/azure-vnet-ipam.json", nuls);
  EXPECT_EQ(ipam("DEL", "a").status, 0);
  EXPECT_EQ(ipam("ADD", "b").ip(), "10.240.1.6");
  EXPECT_EQ(ipam("ADD", "c").status, 0);
  EXPECT_EQ(vm().read("k/azure-vnet-ipam/leases/10.240.1.5.json.corrupt"), nuls);
}

// Catches: a lock that outlives its holder.
TEST_F(Host, AKilledCallHoldsNoLock) {
  const std::string netns = vm().make_namespace(1);
  vm().set_faults({{"HcnCreateEndpoint", {{"hang", true}, {"times", 1}}}});
  const WindowsVm::Call add{"ADD", "0123456789abcdef", netns};
  {
    const lab::Process hanging = vm().start_cni(add, config());
    ASSERT_TRUE(lab::eventually([] { return vm().read("fake-hns/faults.json") == "{}"; }))
        << "the call hangs once";
    vm().kill_plugins();
  }
  const PluginExit answer = vm().cni(add, config());
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(leases(), 1U);
}

TEST_F(Host, LogsAreTwoAndRotate) {
  vm().write("k/azure-vnet-ipam.log", std::string(6 * 1024 * 1024, 'x'));
  ipam("ADD", "a");
  EXPECT_EQ(vm().read("k/azure-vnet-ipam.log.1").size(), 6U * 1024 * 1024);
  EXPECT_NE(vm().read("k/azure-vnet-ipam.log").find("address 10.240.1.5 for eth0"),
            std::string::npos);
  EXPECT_LT(vm().read("k/azure-vnet-ipam.log").size(), 10'000U);
}

// Catches: containers of the Go plugin that nobody can remove after the exchange of the binaries.
TEST_F(Host, TakesOverContainersOfTheGoPlugin) {
  const std::string netns = vm().make_namespace(1);
  Json state = vm().hns();
  state["networks"]["aaaaaaaa-0000-0000-0000-000000000001"] = {{"Name", "azure"}};
  state["endpoints"]["bbbbbbbb-0000-0000-0000-000000000001"] = {
      {"Name", "01234567-eth0"},
      {"HostComputeNetwork", "aaaaaaaa-0000-0000-0000-000000000001"},
      {"HostComputeNamespace", netns}};
  vm().set_hns(state);
  const Json endpoint{{"Id", "01234567-eth0"},
                      {"SandboxKey", "0123456789abcdef"},
                      {"NetNs", netns},
                      {"IPAddresses", {{{"IP", "10.240.1.9"}, {"Mask", "//8AAA=="}}}}};
  vm().write(
      "k/azure-vnet.json",
      Json{{"Network",
            {{"ExternalInterfaces",
              {{"eth0",
                {{"Networks", {{"azure", {{"Endpoints", {{"01234567-eth0", endpoint}}}}}}}}}}}}}}
          .dump());
  vm().write("k/azure-vnet-ipam.json",
             R"({"IPAM": {"AddressSpaces": {"local": {"Pools": {"10.240.0.0/16": {
    "Id": "10.240.0.0/16", "IfName": "eth0", "Addresses": {"10.240.1.9": {"ID": "", "Addr": "10.240.1.9", "InUse": true}}}}}}}})");
  EXPECT_EQ(ipam("ADD", "fresh").status, 0);
  EXPECT_EQ(leases(), 2U) << "the old one and the new one";
  const PluginExit answer = vm().cni({"DEL", "0123456789abcdef", netns}, config());
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_TRUE(vm().hns()["endpoints"].empty());
  EXPECT_EQ(leases(), 1U);
}

TEST_F(Host, FindsNoPluginWithoutAPath) {
  Json json = config();
  json["ipam"]["type"] = "nowhere";
  const PluginExit answer = vm().cni({"ADD", "0123456789abcdef", "none"}, json);
  EXPECT_EQ(answer.json["code"], 7);
  EXPECT_NE(answer.text.find("c:\\\\nowhere"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace azcni::test
