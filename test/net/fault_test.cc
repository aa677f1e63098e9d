// The two laws, tried with the real binaries and kernel at every system call that acts:
//   an ADD whose call k fails leaves the machine as it was;
//   an ADD that is killed at call k is undone by DEL, and does not stand in the way of the next
//   ADD.

#include "faults.h"
#include "net_test.h"

namespace azcni::test {
namespace {

/// In each mode, on a node where everything shared is there already: a snapshot has only the traces
/// of this pod.
class Fault : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void prepare(const lab::Options& options = {}) {
    vm_ = &start_lab(options).vm();
    const std::string mode = GetParam();
    config_ = vm_->config(mode.substr(0, mode.find(' ')));
    config_["ipam"]["queryInterval"] = 3600;
    if (mode.find(' ') != std::string::npos) {
      config_["ipMasq"] = true;
      config_["runtimeConfig"] = Json::parse(
          R"({"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "udp"}],
              "bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000}})");
    }
    const Pod first = vm_->make_pod("first");
    Json ports = config_;
    if (ports.contains("runtimeConfig")) ports["runtimeConfig"]["portMappings"][0]["hostPort"] = 81;
    attach(*vm_, first, ports);
    config_["cniVersion"] = "1.1.0";
    config_["cni.dev/valid-attachments"] = {
        {{"containerID", first.container_id}, {"ifname", "eth0"}}};
    pod_ = vm_->make_pod("victim");
    before_ = snapshot();
  }

  /// With what the host's rules have of containers. The file of a lock that could not be removed is
  /// that of whoever takes it next.
  std::string snapshot() const {
    vm_->run({"rm", "-f", "/run/azure-vnet/turns/ports"});
    return vm_->snapshot() + vm_->run({"sh", "-c", "nft -s list ruleset | grep ' : '"}).out;
  }

  /// Runs a plugin with a fault at each call in turn, then `judge`; returns how many there were.
  template <typename Judge>
  int for_every_fault(const std::string& fault, const std::string& plugin, const std::string& verb,
                      const Judge& judge) {
    int faults = 0;
    for_every_call(kActingCalls, [&](const std::string& call, int count) {
      if (verb != "ADD") vm_->cni("ADD", pod_, config_);
      if (verb == "GC") vm_->age();  // or it spares what may be younger than its list
      const Faulty faulty(*vm_, call, fault, count);
      const lab::Exit exit =
          vm_->start_plugin(plugin, verb, pod_, config_, faulty.wrapper()).wait();
      const bool hit = faulty.was_hit() || exit.status > 127;
      faults += hit ? 1 : 0;
      judge(Vm::plugin_exit(exit), faults);
      return hit;
    });
    std::printf("%d faults\n", faults);
    return faults;
  }

  Vm* vm_ = nullptr;
  Json config_;
  Pod pod_;
  std::string before_;
};

INSTANTIATE_TEST_SUITE_P(Modes, Fault,
                         ::testing::Values("transparent", "tunnel", "bridge with ports"),
                         [](const auto& each) {
                           const std::string mode = each.param;
                           return mode.substr(0, mode.find(' '));
                         });

TEST_P(Fault, AnAddThatFailsAtAnyCallLeavesTheMachineAsItWas) {
  prepare();
  int rolled_back = 0;
  for_every_fault("error=ENOMEM", "azure-vnet", "ADD", [&](const PluginExit& answer, int) {
    // A call that did not matter; or the answer itself, which is printed after the commit; or the
    // way back from the container's namespace, without which the plugin must not go on.
    const bool for_del = answer.status == 0 ||
                         answer.text.find("write the answer") != std::string::npos ||
                         answer.text.find("the plugin crashed") != std::string::npos;
    if (answer.status != 0) {
      ++rolled_back;
      EXPECT_EQ(answer.status, 1) << answer.err;
      EXPECT_TRUE(answer.json.contains("msg")) << answer.text;
    }
    if (for_del) detach(*vm_, pod_, config_);
    EXPECT_EQ(snapshot(), before_) << answer.text;
  });
  EXPECT_GT(rolled_back, 60) << "the faults were not injected";
  const PluginExit answer = attach(*vm_, pod_, config_);
  EXPECT_TRUE(Lab::pings(*vm_, answer.ip()));
}

TEST_P(Fault, AnAddThatIsKilledAtAnyCallIsUndoneByDelOrByTheNextAdd) {
  prepare();
  const int killed =
      for_every_fault("signal=KILL", "azure-vnet", "ADD", [&](const PluginExit&, int fault) {
        if (fault % 2 == 1) {
          const PluginExit again = vm_->cni("ADD", pod_, config_);
          // Killed after the commit, it is an attachment that is whole.
          if (again.status == 0) {
            EXPECT_TRUE(Lab::pings(*vm_, again.ip()));
          } else {
            EXPECT_EQ(again.json["code"], 101) << again.text;
          }
        }
        detach(*vm_, pod_, config_);
        detach(*vm_, pod_, config_);
        EXPECT_EQ(snapshot(), before_);
      });
  EXPECT_GT(killed, 80) << "nothing was killed";
}

TEST_P(Fault, ADelThatIsKilledAtAnyCallIsFinishedByTheNext) {
  prepare();
  const int killed =
      for_every_fault("signal=KILL", "azure-vnet", "DEL", [&](const PluginExit&, int) {
        detach(*vm_, pod_, config_);
        EXPECT_EQ(snapshot(), before_);
      });
  EXPECT_GT(killed, 40) << "nothing was killed";
}

TEST_P(Fault, AGcThatIsKilledAtAnyCallIsFinishedByTheNext) {
  prepare();
  const int killed =
      for_every_fault("signal=KILL", "azure-vnet", "GC", [&](const PluginExit&, int) {
        EXPECT_EQ(vm_->cni("GC", Pod{}, config_).text, "");
        EXPECT_EQ(snapshot(), before_);
      });
  EXPECT_GT(killed, 60) << "nothing was killed";
}

// Catches: an address that a killed azure-vnet-ipam took out of its pool for good.
TEST_P(Fault, AnIpamThatIsKilledAtAnyCallLosesNoAddress) {
  if (std::string(GetParam()) != "transparent") return;  // the mode is nothing to IPAM
  prepare({.secondaries = 2});  // one is taken: one address is left, and must stay so
  for (const char* verb : {"ADD", "DEL", "GC"}) {
    const int killed =
        for_every_fault("signal=KILL", "azure-vnet-ipam", verb, [&](const PluginExit&, int) {
          detach(*vm_, pod_, config_);
          EXPECT_EQ(snapshot(), before_);
          EXPECT_EQ(attach(*vm_, pod_, config_).ip(), "10.240.1.6");
          detach(*vm_, pod_, config_);
        });
    EXPECT_GT(killed, 40) << "nothing was killed";
  }
}

class IpamFault : public NetTest {};

// Catches: a lease that an ADD wrote and then failed over, with nothing left to undo it. Each try
// is of a new network, since only the first address of one records where it comes from.
TEST_F(IpamFault, AnAddThatFailsAtAnyCallHoldsNoAddress) {
  Vm& vm = start_lab().vm();
  const Pod pod = vm.make_pod("web");
  int failed = 0;
  for_every_call({"openat", "write", "rename"}, [&](const std::string& call, int count) {
    Json config = vm.config();
    config["name"] = call + std::to_string(count);
    const Faulty faulty(vm, call, "error=ENOSPC", count);
    const PluginExit answer = Vm::plugin_exit(
        vm.start_plugin("azure-vnet-ipam", "ADD", pod, config, faulty.wrapper()).wait());
    const bool printed = answer.text.find("write the answer") == std::string::npos;
    if (answer.status != 0 && printed) {
      ++failed;
      EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty()) << answer.text;
    }
    vm.ipam("DEL", pod.container_id, config);
    return faulty.was_hit();
  });
  EXPECT_GT(failed, 10);
}

}  // namespace
}  // namespace azcni::test
