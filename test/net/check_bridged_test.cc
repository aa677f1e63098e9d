// CHECK of azure-vnet where the host's side of a pod is a bridge's port, and of the bandwidth.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Lost {
  const char* name;
  const char* command;  ///< a script; $1: the pod's link on the host
  const char* words;    ///< which the answer is to have
};

class CheckBridged : public NetTest, public ::testing::WithParamInterface<Lost> {};

INSTANTIATE_TEST_SUITE_P(
    Lost, CheckBridged,
    ::testing::Values(
        Lost{"HostRoute", "ip route del 10.240.1.5 dev azure0", "10.240.1.5"},
        Lost{"PinOfTheRouter", "bridge fdb del 12:34:56:78:9a:bc dev eth0 master", "eth0"},
        Lost{
            "PinOfThePod",
            "mac=$(bridge fdb show dev \"$1\" | sed -n 's/ vlan.*//; s/ .*static.*//p' | head -1)\n"
            "bridge fdb del \"$mac\" dev \"$1\" master",
            "azv"},
        Lost{"HairpinOfThePod", "bridge link set dev \"$1\" hairpin off", "azv"},
        Lost{"HairpinOfTheNic", "bridge link set dev eth0 hairpin off", "eth0"},
        Lost{"Group", "ip link set \"$1\" group 0", "azv"}),
    case_name<Lost>);

// Catches: a pod that lacks something on the host, which only its users notice.
TEST_P(CheckBridged, FindsIt) {
  Vm& vm = start_lab().vm();
  Json config = vm.config("bridge");
  config["bridge"] = "azure0";
  const Pod pod = vm.make_pod("web");
  config["prevResult"] = attach(vm, pod, config).json;
  ASSERT_EQ(vm.cni("CHECK", pod, config).text, "");
  const std::string link = config["prevResult"]["interfaces"][0]["name"];
  lab::must_run(vm.context(), {"sh", "-euc", GetParam().command, "sh", link});
  const PluginExit answer = vm.cni("CHECK", pod, config);
  ASSERT_EQ(answer.status, 1) << "CHECK is content";
  EXPECT_EQ(answer.json["code"], 106) << answer.text;
  EXPECT_NE(answer.text.find(GetParam().words), std::string::npos) << answer.text;
}

class CheckBandwidth : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, CheckBandwidth,
                         ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a limit that is gone, so that one pod takes all that the VM may send.
TEST_P(CheckBandwidth, FindsThatALimitIsGone) {
  Vm& vm = start_lab().vm();
  for (const bool ingress : {true, false}) {
    Json config = vm.config(GetParam());
    config["runtimeConfig"]["bandwidth"] = {{"ingressRate", 8'000'000},
                                            {"ingressBurst", 800'000},
                                            {"egressRate", 8'000'000},
                                            {"egressBurst", 800'000}};
    const Pod pod = vm.make_pod(ingress ? "ingress" : "egress");
    config["prevResult"] = attach(vm, pod, config).json;
    ASSERT_EQ(vm.cni("CHECK", pod, config).text, "");
    const std::string link = config["prevResult"]["interfaces"][0]["name"];
    const std::vector<std::string> of_host{"tc", "qdisc", "del", "dev", link, "root"},
        of_pod{"tc", "qdisc", "del", "dev", "eth0", "root"};
    ASSERT_EQ((ingress ? vm.run(of_host) : vm.run_in(pod, of_pod)).status, 0);
    EXPECT_EQ(vm.cni("CHECK", pod, config).status, 1) << "CHECK is content";
  }
}

}  // namespace
}  // namespace azcni::test
