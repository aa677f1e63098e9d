// Rules of ours beside those of others: their marks, their policies, their tools.

#include "bystanders.h"
#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

constexpr int kPort = 7;

class ForeignRules : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json config(const Vm& vm) {
    Json config = vm.config(GetParam());
    config["ipMasq"] = true;
    config["vnetCidrs"] = {"10.240.0.0/16"};
    return config;
  }
  static Json accepting(const Vm& vm) {
    Json json = config(vm);
    json["forwardAccept"] = true;
    return json;
  }
  static bool reaches_internet(const Vm& vm, const Pod& pod) {
    return !greeting(vm.context_of(pod), "tcp", lab::kInternetIp, kPort).empty();
  }
  static void on(const Vm& vm, const std::string& script) {
    lab::must_run(vm.context(), {"sh", "-ec", script});
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, ForeignRules, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: traffic of others masqueraded, since they mark packets as we do: Azure's policy engine,
// a VPN, routing by policy.
TEST_P(ForeignRules, MayMarkPacketsAsTheyLike) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
  attach(vm, vm.make_pod("a"), config);
  const Bystanders others(vm);
  ASSERT_EQ(others.client_as_seen(), Bystanders::kClient);
  on(vm, "iptables-nft -A FORWARD -j MARK --set-mark 0x2000");
  EXPECT_EQ(others.client_as_seen(), Bystanders::kClient) << "the mark 0x2000 made us masquerade";
}

// Catches: pods cut off when a network is connected that needs no passes of its own, since those of
// iptables-legacy name no network.
TEST_P(ForeignRules, OfLegacyKeepThePassesOfTheOtherNetwork) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer internet(lab.fabric().context(), kPort);
  on(vm, "iptables-legacy -P FORWARD DROP");
  const Pod pod = vm.make_pod("a");
  attach(vm, pod, accepting(vm));
  ASSERT_TRUE(reaches_internet(vm, pod));
  Json other = config(vm);
  other["name"] = "other";
  attach(vm, vm.make_pod("b"), other);
  EXPECT_TRUE(reaches_internet(vm, pod)) << "another network took the passes of this one";
}

// Catches: passes that two networks share, and that go with one of them.
TEST_P(ForeignRules, OfLegacyKeepThePassesWhenAnotherNetworkGoes) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer internet(lab.fabric().context(), kPort);
  on(vm, "iptables-legacy -P FORWARD DROP");
  const Pod pod = vm.make_pod("a"), gone = vm.make_pod("b");
  attach(vm, pod, accepting(vm));
  Json other = accepting(vm);
  other["name"] = "other";
  attach(vm, gone, other);
  detach(vm, gone, other);
  ASSERT_EQ(vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "other"}).status,
            0);
  EXPECT_TRUE(reaches_internet(vm, pod));
}

// Catches: network policies switched off by a pass that stands before them.
TEST_P(ForeignRules, OfAPolicyEngineHoldWithForwardAccept) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer internet(lab.fabric().context(), kPort);
  const Pod denied = vm.make_pod("denied"), allowed = vm.make_pod("allowed");
  const std::string address = attach(vm, denied, config(vm)).ip();
  for (const std::string iptables : {"iptables-nft", "iptables-legacy"}) {
    SCOPED_TRACE(iptables);
    on(vm, iptables + " -P FORWARD DROP; " + iptables + " -N POLICY; " + iptables +
               " -A FORWARD -j POLICY; " + iptables + " -A POLICY -s " + address + " -j DROP");
    ASSERT_FALSE(reaches_internet(vm, denied));
    attach(vm, allowed, accepting(vm));
    ASSERT_TRUE(reaches_internet(vm, allowed));
    EXPECT_FALSE(reaches_internet(vm, denied)) << "forwardAccept overrules a policy";
    on(vm, iptables + " -F; " + iptables + " -X; " + iptables + " -P FORWARD ACCEPT");
    detach(vm, allowed, accepting(vm));
  }
}

// Catches: a policy that came when the passes were there, and passes behind what rejects all.
TEST_P(ForeignRules, ThatComeLaterHoldWithForwardAccept) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer internet(lab.fabric().context(), kPort);
  const Pod denied = vm.make_pod("denied"), allowed = vm.make_pod("allowed"),
            next = vm.make_pod("next");
  const std::string address = attach(vm, denied, accepting(vm)).ip();
  attach(vm, allowed, accepting(vm));
  for (const std::string iptables : {"iptables-nft", "iptables-legacy"}) {
    SCOPED_TRACE(iptables);
    const std::string append = iptables + " -A FORWARD ";
    on(vm, append + "-m comment --comment x -j REJECT");
    attach(vm, next, accepting(vm));
    EXPECT_TRUE(reaches_internet(vm, allowed)) << "what rejects all is before the passes";
    detach(vm, next, accepting(vm));
    on(vm, iptables + " -D FORWARD -m comment --comment x -j REJECT; " + append + "-s " + address +
               " -j DROP; " + append + "-j REJECT");
    attach(vm, next, accepting(vm));
    EXPECT_TRUE(reaches_internet(vm, allowed));
    EXPECT_FALSE(reaches_internet(vm, denied)) << "the passes are before a drop";
    detach(vm, next, accepting(vm));
    on(vm, iptables + " -F FORWARD");
  }
}

// Catches: passes in a chain of `nft` that stand before what it drops, or behind its end.
TEST_P(ForeignRules, OfNftHoldWithForwardAccept) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const WhoamiServer internet(lab.fabric().context(), kPort);
  const Pod denied = vm.make_pod("denied"), allowed = vm.make_pod("allowed");
  const std::string address = attach(vm, denied, config(vm)).ip();
  on(vm,
     "nft 'table inet mine { chain logdrop { limit rate 1/second log; drop; }\n"
     "chain forward { type filter hook forward priority 0; policy drop;\n"
     "ct state established,related accept; ip saddr " +
         address + " drop; jump logdrop; }; }'");
  attach(vm, allowed, accepting(vm));
  EXPECT_TRUE(reaches_internet(vm, allowed));
  EXPECT_FALSE(reaches_internet(vm, denied));
}

// Catches: passes that are doubled, and that stay, since iptables-restore has made them rules of
// its own.
TEST_P(ForeignRules, MayBeSavedAndRestoredByIptables) {
  Vm& vm = start_lab().vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  for (const std::string iptables : {"iptables-nft", "iptables-legacy"}) {
    SCOPED_TRACE(iptables);
    const auto listing = [&] { return lab::must_run(vm.context(), {iptables, "-S", "FORWARD"}); };
    on(vm, iptables + " -P FORWARD DROP; " + iptables + " -A FORWARD -s 192.0.2.1 -j DROP");
    const std::string before = listing();
    attach(vm, a, accepting(vm));
    const std::string once = listing();
    ASSERT_NE(once, before);
    on(vm,
       iptables + "-save > /run/saved; " + iptables + " -F; " + iptables + "-restore < /run/saved");
    ASSERT_EQ(listing(), once);
    EXPECT_FALSE(doctor_tells(vm, {"network-broken"})) << "restored passes are missed";
    attach(vm, b, accepting(vm));
    EXPECT_EQ(listing(), once) << "restored passes were doubled";
    detach(vm, a, accepting(vm));
    detach(vm, b, accepting(vm));
    lab::must_run(vm.context(), {AZCNI_PLUGINS "/azure-vnet", "network", "rm", "azure"});
    EXPECT_EQ(listing(), before) << "restored passes stay for good";
  }
}

}  // namespace
}  // namespace azcni::test
