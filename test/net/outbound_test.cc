// ipMasq, vnetCidrs, ipForward and forwardAccept, by traffic: what a cluster that is not AKS had to
// set up by hand.

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

constexpr int kWhoamiPort = 7;

class Outbound : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json masquerading(const Vm& vm) {
    Json config = vm.config(GetParam());
    config["ipMasq"] = true;
    config["vnetCidrs"] = {"10.240.0.0/16", "fd00:240::/64"};
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    return config;
  }
  static std::string rules(const Vm& vm) { return vm.run({"nft", "list", "ruleset"}).out; }
};

INSTANTIATE_TEST_SUITE_P(Modes, Outbound, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: pods without the Internet or the instance metadata service; a host's address inside the
// VNET, where the pod's own is wanted; a wireserver that is asked from the wrong address.
TEST_P(Outbound, OnlyWhatLeavesTheVnetIsMasqueraded) {
  Lab& lab = start_lab({2, 8, 1500});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  const WhoamiServer outside(lab.fabric().context(), kWhoamiPort),
      inside(other.context(), kWhoamiPort), host(vm.context(), kWhoamiPort);
  const Pod pod = vm.make_pod("a");
  const PluginExit added = attach(vm, pod, masquerading(vm));
  const auto from_pod = [&](const std::string& protocol, const std::string& address) {
    return greeting(vm.context_of(pod), protocol, address, kWhoamiPort);
  };
  for (const char* protocol : {"tcp", "udp"}) {
    SCOPED_TRACE(protocol);
    EXPECT_EQ(from_pod(protocol, lab::kInternetIp), vm.spec().ip4);
    EXPECT_EQ(from_pod(protocol, lab::kInternetIp6), vm.spec().ip6);
    EXPECT_EQ(from_pod(protocol, lab::kMetadataIp), vm.spec().ip4);
    EXPECT_EQ(from_pod(protocol, lab::kWireserverIp), added.ip(0)) << "never masqueraded";
    EXPECT_EQ(from_pod(protocol, other.spec().ip4), added.ip(0)) << "in the VNET";
    EXPECT_EQ(from_pod(protocol, other.spec().ip6), added.ip(1)) << "in the VNET";
    EXPECT_EQ(from_pod(protocol, vm.spec().ip4), added.ip(0)) << "its own host";
    EXPECT_EQ(greeting(vm.context(), protocol, lab::kInternetIp, kWhoamiPort), vm.spec().ip4)
        << "a host";
  }
  EXPECT_TRUE(lab.pings_from(vm, pod, lab::kInternetIp));
}

// Catches: rules that pile up, that are lost for good when somebody flushes them, or that stay.
TEST_P(Outbound, TheRulesAreOneTableThatGoesWithTheNetwork) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  attach(vm, a, masquerading(vm));
  const std::string once = rules(vm);
  EXPECT_NE(once.find("table inet azure_vnet_azure"), std::string::npos) << once;
  attach(vm, b, masquerading(vm));
  detach(vm, b, masquerading(vm));
  EXPECT_EQ(rules(vm), once);

  vm.run({"nft", "flush", "ruleset"});
  EXPECT_EQ(vm.cni("STATUS", Pod{},
                   [&] {
                     Json config = masquerading(vm);
                     config["cniVersion"] = "1.1.0";
                     return config;
                   }())
                .status,
            0);
  EXPECT_TRUE(lab.pings_from(vm, a, lab::kInternetIp)) << "mended";
  lab.fabric().forget_spoofed_frames();

  detach(vm, a, masquerading(vm));
  EXPECT_EQ(vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"}).status,
            0);
  EXPECT_EQ(rules(vm).find("azure_vnet"), std::string::npos) << rules(vm);
}

// Catches: a pod that can't get out because a firewall of somebody else drops what it does not
// know, and an accept of ours that does not help, or that breaks the tool of that firewall.
TEST_P(Outbound, ForwardAcceptPassesOtherFirewalls) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer outside(lab.fabric().context(), kWhoamiPort);
  for (const char* command : {"iptables-nft", "iptables-legacy", "ip6tables-legacy"})
    lab::must_run(vm.context(), {command, "-P", "FORWARD", "DROP"});
  lab::must_run(vm.context(),
                {"sh", "-ec",
                 "iptables-legacy -N MINE; iptables-legacy -A MINE -s 10.9.9.9 -j DROP; "
                 "iptables-legacy -A FORWARD -j MINE; iptables-legacy -A INPUT -j MINE"});
  lab::must_run(vm.context(), {"nft", "-f", "-"},
                "table inet others {\n chain forward {\n  type filter hook forward priority 10;\n"
                "  reject\n }\n}\n");
  const auto everything = [&] {
    return rules(vm) + vm.run({"iptables-legacy", "-S"}).out +
           vm.run({"ip6tables-legacy", "-S"}).out;
  };
  const std::string before = everything();
  Json config = masquerading(vm);
  const Pod pod = vm.make_pod("a"), second = vm.make_pod("b");
  const auto reaches = [&](const char* address) {
    return greeting(vm.context_of(pod), "tcp", address, kWhoamiPort);
  };
  attach(vm, pod, config);
  EXPECT_EQ(reaches(lab::kInternetIp), "");
  config["forwardAccept"] = true;
  attach(vm, second, config);
  EXPECT_EQ(reaches(lab::kInternetIp), vm.spec().ip4);
  EXPECT_EQ(reaches(lab::kInternetIp6), vm.spec().ip6);
  detach(vm, second, config);
  attach(vm, second, config);
  for (const char* command : {"iptables-nft", "iptables-legacy"}) {
    const std::string listing = vm.run({command, "-S", "FORWARD"}).out;
    const std::string links = GetParam() == std::string("transparent") ? "azv+" : "azure";
    EXPECT_EQ(listing.find("-P FORWARD DROP\n-A FORWARD -"), 0U) << listing;
    EXPECT_NE(listing.find("-i " + links), std::string::npos) << listing;
    EXPECT_NE(listing.find("-o " + links), std::string::npos) << listing;
    EXPECT_EQ(std::count(listing.begin(), listing.end(), '\n'),
              command == std::string("iptables-nft") ? 3 : 4)
        << listing;
  }
  // Somebody starts anew: the next ADD finds it.
  lab::must_run(vm.context(), {"iptables-legacy", "-F", "FORWARD"});
  detach(vm, second, config);
  attach(vm, second, config);
  EXPECT_EQ(reaches(lab::kInternetIp), vm.spec().ip4);
  lab::must_run(vm.context(), {"iptables-legacy", "-A", "FORWARD", "-j", "MINE"});

  detach(vm, pod, config);
  detach(vm, second, config);
  vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"});
  EXPECT_EQ(everything(), before);
}

// Catches: figures of an administrator's rules that are lost.
TEST_P(Outbound, ForwardAcceptKeepsTheCountersOfOthers) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab::must_run(vm.context(), {"iptables-legacy", "-A", "INPUT", "-p", "icmp"});
  EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4));
  Json config = masquerading(vm);
  config["forwardAccept"] = true;
  attach(vm, vm.make_pod("a"), config);
  const std::string listing = vm.run({"iptables-legacy", "-S", "INPUT", "-v"}).out;
  EXPECT_NE(listing.find("-A INPUT -p icmp -c 1 84"), std::string::npos) << listing;
}

// Catches: a node whose administrator forbids forwarding, and who is overruled.
TEST_P(Outbound, ForwardingIsLeftAloneWhereThatIsAsked) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["ipForward"] = false;
  attach(vm, vm.make_pod("a"), config);
  EXPECT_EQ(vm.read("/proc/sys/net/ipv4/ip_forward"), "0\n");
  config.erase("ipForward");
  attach(vm, vm.make_pod("b"), config);
  EXPECT_EQ(vm.read("/proc/sys/net/ipv4/ip_forward"), "1\n");
}

}  // namespace
}  // namespace azcni::test
