// A node of 250 pods that loses all rules and routes at once, beside verbs of all kinds.

#include <csignal>
#include <deque>
#include <thread>

#include "faults.h"
#include "net_test.h"

namespace azcni::test {
namespace {

constexpr int kPods = 250;

class RepairCrowd : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// Not start_lab(): while there are no rules, frames with a container's MAC address do leave.
  void prepare(int pods) {
    lab_ = std::make_unique<Lab>(AZCNI_PLUGINS, lab::Options{.secondaries = pods + 60});
    vm_ = &lab_->vm();
    config_ = config_1_1(*vm_, GetParam());
    config_["ipam"]["queryInterval"] = 3600;
    for (int i = 0; i < pods; ++i) pods_.push_back(vm_->make_pod("p" + std::to_string(i)));
    for (const PluginExit& answer : call_all("ADD", pods_, 8)) {
      ASSERT_EQ(answer.status, 0) << answer.text << answer.err;
      addresses_.push_back(answer.ip());
    }
  }

  std::vector<PluginExit> call_all(const std::string& verb, const std::vector<Pod>& pods,
                                   std::size_t at_once) const {
    std::vector<PluginExit> answers;
    std::deque<lab::Process> running;
    const auto reap = [&] {
      answers.push_back(Vm::plugin_exit(running.front().wait()));
      running.pop_front();
    };
    for (const Pod& pod : pods) {
      if (running.size() == at_once) reap();
      running.push_back(vm_->start_cni(verb, pod, config_));
    }
    while (!running.empty()) reap();
    return answers;
  }

  /// What a firewall's restart and networkd's take away.
  void flush() const {
    vm_->run({"sh", "-c", "nft flush ruleset; ip route flush proto static"});
    vm_->run({"sh", "-c", "rm -f /run/azure-vnet/looked/*"});  // as if 10 s had passed
  }

  lab::Exit list() const { return vm_->run({AZCNI_PLUGINS "/azure-vnet", "list"}); }

  std::unique_ptr<Lab> lab_;
  Vm* vm_ = nullptr;
  Json config_;
  std::vector<Pod> pods_;
  std::vector<std::string> addresses_;  ///< of these
};

INSTANTIATE_TEST_SUITE_P(Modes, RepairCrowd, ::testing::Values("transparent", "bridge"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: fifty ADDs that each repair everybody, wait for one another, or fail; and pods that stay
// cut off.
TEST_P(RepairCrowd, IsWholeAfterFiftyAddsAtOnce) {
  prepare(kPods);
  flush();
  EXPECT_EQ(list().status, 1);
  std::vector<Pod> more;
  for (int i = 0; i < 50; ++i) more.push_back(vm_->make_pod("m" + std::to_string(i)));
  for (const PluginExit& answer : call_all("ADD", more, more.size()))
    ASSERT_EQ(answer.status, 0) << answer.text << answer.err;
  const lab::Exit after = list();
  EXPECT_EQ(after.status, 0) << after.out;
  for (std::size_t i = 0; i < addresses_.size(); i += 25)
    EXPECT_TRUE(lab_->pings_from_fabric(addresses_[i])) << addresses_[i];
}

// Catches: what a DEL removed, put back by a repair, so that the address's next holder is cut off;
// and a pod that lives, left out since another verb was at work beside.
TEST_P(RepairCrowd, IsWholeBesideDelsKilledDelsAndGc) {
  prepare(40);
  const std::vector<Pod> kept(pods_.begin(), pods_.begin() + 20);
  const std::vector<Pod> deleted(pods_.begin() + 20, pods_.end());
  config_["cni.dev/valid-attachments"] = Json::array();
  for (const Pod& pod : pods_)
    config_["cni.dev/valid-attachments"].push_back(
        {{"containerID", pod.container_id}, {"ifname", "eth0"}});
  flush();
  std::vector<lab::Process> verbs;
  for (std::size_t i = 0; i < deleted.size(); ++i) {
    verbs.push_back(vm_->start_cni("DEL", deleted[i], config_));
    if (i % 2 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(i));
      verbs.back().kill(SIGKILL);
    }
    if (i % 4 == 0) verbs.push_back(vm_->start_cni("STATUS", Pod{}, config_));
    if (i % 8 == 0) verbs.push_back(vm_->start_cni("GC", Pod{}, config_));
    if (i % 4 == 0) vm_->run({"sh", "-c", "rm -f /run/azure-vnet/looked/*"});
  }
  for (lab::Process& each : verbs) each.wait();
  for (const Pod& pod : deleted) detach(*vm_, pod, config_);
  vm_->run({"sh", "-c", "rm -f /run/azure-vnet/looked/*"});
  EXPECT_EQ(vm_->cni("STATUS", Pod{}, config_).text, "");
  const lab::Exit after = list();
  EXPECT_EQ(after.status, 0) << after.out;
  const std::string left =
      vm_->run({"sh", "-c", "nft list ruleset; ip route; ip neigh show nud permanent"}).out;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    if (i < kept.size()) {
      EXPECT_TRUE(lab_->pings_from_fabric(addresses_[i])) << addresses_[i];
    } else {
      EXPECT_EQ(left.find(addresses_[i] + " "), std::string::npos) << addresses_[i];
    }
  }
}

class RepairFault : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, RepairFault, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: routes and elements put back for a pod whose DEL was killed before it forgot the record.
TEST_P(RepairFault, NothingIsPutBackForWhatAKilledDelDetached) {
  Vm& vm = start_lab().vm();
  const Json config = config_1_1(vm, GetParam());
  const Pod pod = vm.make_pod("web"), other = vm.make_pod("other");
  attach(vm, other, config);
  const std::string before = vm.snapshot();
  const std::string address = attach(vm, pod, config).ip();
  const Faulty faulty(vm, "unlink", "signal=KILL", 1);
  vm.start_plugin("azure-vnet", "DEL", pod, config, faulty.wrapper()).wait();
  ASSERT_EQ(vm.list("/run/azure-vnet/endpoints").size(), 2U) << "it was not killed in time";
  vm.run({"sh", "-c", "rm -f /run/azure-vnet/looked/*"});
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  const std::string left = vm.run({"sh", "-c", "nft list ruleset; ip route; ip neigh"}).out;
  EXPECT_EQ(left.find(address), std::string::npos) << left;
  detach(vm, pod, config);
  EXPECT_EQ(vm.snapshot(), before);
}

}  // namespace
}  // namespace azcni::test
