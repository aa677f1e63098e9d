// The node's rules are saved, loaded and changed by others: nftables.service, administrators.

#include "bystanders.h"
#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

class Ruleset : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json config(const Vm& vm) {
    Json config = vm.config(GetParam());
    config["cniVersion"] = "1.1.0";
    config["ipMasq"] = true;
    config["vnetCidrs"] = {"10.240.0.0/16"};
    return config;
  }
  static Json config_with_port(const Vm& vm) {
    Json json = config(vm);
    json["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
    return json;
  }

  /// In the kernel's own terms: nft's language lacks words for some of what a rule can have.
  static std::string expressions(const Vm& vm) {
    return lab::must_run(vm.context(),
                         {"sh", "-c", "nft --debug=netlink list ruleset | grep '^  \\['"});
  }
  /// Whatever order the tables were made in.
  static std::string sorted_rules(const Vm& vm) {
    return lab::must_run(vm.context(), {"sh", "-c", "nft -s list ruleset | sort"});
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Ruleset, ::testing::Values("transparent", "bridge"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: rules that nft does not print whole, so that they are about everybody once they were
// saved and loaded: whatever the VM routes is masqueraded.
TEST_P(Ruleset, SavedAndLoadedMasqueradesNobodyElse) {
  Vm& vm = start_lab().vm();
  attach(vm, vm.make_pod("a"), config_with_port(vm));
  const Bystanders others(vm);
  ASSERT_EQ(others.client_as_seen(), Bystanders::kClient);
  vm.load_ruleset(vm.save_ruleset());
  EXPECT_EQ(others.client_as_seen(), Bystanders::kClient)
      << "a loaded ruleset masquerades who is no pod";
}

// Catches: the same of every other rule.
TEST_P(Ruleset, SavedAndLoadedIsTheSame) {
  Vm& vm = start_lab().vm();
  attach(vm, vm.make_pod("a"), config_with_port(vm));
  const std::string before = expressions(vm);
  vm.load_ruleset(vm.save_ruleset());
  EXPECT_EQ(expressions(vm), before) << "a loaded ruleset is another one";
}

// Catches: a port that no pod gets any more, since a loaded ruleset has that of a pod that is gone.
TEST_P(Ruleset, OfThePastRefusesNoPort) {
  Vm& vm = start_lab().vm();
  const Pod gone = vm.make_pod("gone"), next = vm.make_pod("next");
  attach(vm, gone, config_with_port(vm));
  const std::string saved = vm.save_ruleset();
  detach(vm, gone, config_with_port(vm));
  vm.load_ruleset(saved);
  const PluginExit added = vm.cni("ADD", next, config_with_port(vm));
  EXPECT_EQ(added.status, 0) << "a pod that is gone has the port: " << added.text;
}

// Catches: a port of the host that leads to a pod which asked for none, since it has the address of
// one that did.
TEST_P(Ruleset, OfThePastOpensNoPort) {
  Lab& lab = start_lab({.secondaries = 1});
  Vm& vm = lab.vm();
  const Pod gone = vm.make_pod("gone"), next = vm.make_pod("next");
  const std::string address = attach(vm, gone, config_with_port(vm)).ip();
  const std::string saved = vm.save_ruleset();
  detach(vm, gone, config_with_port(vm));
  vm.load_ruleset(saved);
  ASSERT_EQ(attach(vm, next, config(vm)).ip(), address);
  const WhoamiServer server(vm.context_of(next), 80);
  ASSERT_NE(greeting(vm.context(), "tcp", address, 80), "");
  EXPECT_EQ(greeting(lab.fabric().context(), "tcp", vm.spec().ip4, 8080), "")
      << "a port that nobody asked for leads to a pod";
}

// Catches: rules that are taken for ours because they are as many.
TEST_P(Ruleset, ThatSomebodyChangedIsRepaired) {
  Vm& vm = start_lab().vm();
  const Pod next = vm.make_pod("next");
  attach(vm, vm.make_pod("a"), config_with_port(vm));
  const std::string ours = sorted_rules(vm);
  std::string changed = vm.save_ruleset();
  const std::size_t drop = changed.find(" drop\n");
  ASSERT_NE(drop, std::string::npos) << changed;
  changed.replace(drop, 5, " accept");

  vm.load_ruleset(changed);
  attach(vm, next, config(vm));
  detach(vm, next, config(vm));
  EXPECT_EQ(sorted_rules(vm), ours) << "ADD left a rule that somebody changed";

  vm.load_ruleset(changed);
  ASSERT_EQ(vm.cni("STATUS", Pod{}, config(vm)).status, 0);
  EXPECT_EQ(sorted_rules(vm), ours) << "STATUS left a rule that somebody changed";
}

// Catches: a table of ours that is taken for whole whatever else somebody put into it, or whose
// chains are others than ours.
TEST_P(Ruleset, ThatIsOursIsOursAlone) {
  Vm& vm = start_lab().vm();
  attach(vm, vm.make_pod("a"), config_with_port(vm));
  const std::string ours = sorted_rules(vm);
  constexpr const char* kAnotherGuard =
      "delete chain inet azure_vnet guard; add chain inet azure_vnet guard { type filter hook "
      "prerouting priority 5; }; add rule inet azure_vnet guard iifname != lo ip daddr "
      "127.0.0.0/8 drop";
  for (const char* change :
       {"add chain inet azure_vnet mine { type filter hook forward priority 0; policy drop; }",
        "add rule inet azure_vnet guard accept", "add set inet azure_vnet mine { type ipv4_addr; }",
        "chain inet azure_vnet guard { policy drop; }",
        "add table inet azure_vnet { flags dormant; }",
        "insert rule inet azure_vnet_azure postrouting accept", kAnotherGuard}) {
    SCOPED_TRACE(change);
    lab::must_run(vm.context(), {"nft", change});
    EXPECT_NE(sorted_rules(vm), ours);
    ASSERT_EQ(vm.cni("STATUS", Pod{}, config(vm)).status, 0);
    EXPECT_EQ(sorted_rules(vm), ours);
  }
}

}  // namespace
}  // namespace azcni::test
