// The verbs in the order in which CRI-O 1.36 calls them. Other runtimes never CHECK, and know no
// GC.

#include <fstream>
#include <map>

#include "net_test.h"

namespace azcni::test {
namespace {

/// At its start it asks each plugin for its VERSION, then for STATUS until that succeeds, then GC
/// with the pods that it knows, null if it knows none, and CHECKs each of these. A pod is ADDed and
/// CHECKed at once; DEL gets the list and the result of its cache.
class Crio {
 public:
  Crio(const Vm& vm, const std::string& mode) : vm_(vm) {
    std::ifstream stream(AZCNI_SOURCE "/conf/transparent.conflist");
    const Json list = Json::parse(stream);
    plugin_ = list["plugins"][0];
    plugin_["mode"] = mode;
    plugin_["name"] = list["name"];
    plugin_.erase("capabilities");  // it has ports of the host itself
    plugin_["cniVersion"] = list["cniVersions"].back();
  }

  /// False if STATUS does not succeed in `tries`.
  bool start(int tries = 1) {
    const Json versions = call("VERSION", {}).json.at("supportedVersions");
    EXPECT_NE(std::find(versions.begin(), versions.end(), plugin_["cniVersion"]), versions.end());
    bool is_ready = false;
    for (int i = 0; i < tries && !is_ready; ++i) is_ready = call("STATUS", {}).status == 0;
    if (!is_ready) return false;
    Json valid;  // Go's nil list is null
    for (const auto& [id, cached] : cache_)
      valid.push_back({{"containerID", id}, {"ifname", "eth0"}});
    must("GC", {}, {{"cni.dev/valid-attachments", valid}});
    for (const auto& [id, cached] : cache_)
      must("CHECK", cached.pod, {{"prevResult", cached.result}});
    return true;
  }

  /// Its address; empty if ADD failed, after which it DELs.
  std::string run(const Pod& pod) {
    const PluginExit added = call("ADD", pod);
    if (added.status != 0) {
      must("DEL", pod);
      return "";
    }
    cache_[pod.container_id] = {pod, added.json};
    must("CHECK", pod, {{"prevResult", added.json}});
    return added.ip();
  }

  void stop(const Pod& pod) {
    const auto cached = cache_.find(pod.container_id);
    if (cached == cache_.end()) return;
    must("DEL", pod, {{"prevResult", cached->second.result}});
    cache_.erase(cached);
  }

  /// As if it had been killed between ADD and its note of it; the pod goes with it.
  void lose(const Pod& pod) {
    EXPECT_EQ(call("ADD", pod).status, 0);
    vm_.remove_netns(pod);
  }

 private:
  struct Cached {
    Pod pod;
    Json result;
  };

  PluginExit call(const std::string& verb, const Pod& pod, const Json& more = Json::object()) {
    Json config = plugin_;
    config.update(more);
    return vm_.cni(verb, pod, config);
  }
  void must(const std::string& verb, const Pod& pod, const Json& more = Json::object()) {
    const PluginExit exit = call(verb, pod, more);
    EXPECT_EQ(exit.status, 0) << verb << " " << pod.name << ": " << exit.text << exit.err;
  }

  const Vm& vm_;
  Json plugin_;
  std::map<std::string, Cached> cache_;  ///< outlives its restarts
};

class CrioCalls : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::size_t leases(const Vm& vm) { return vm.list("/run/azure-vnet-ipam/leases").size(); }
};

INSTANTIATE_TEST_SUITE_P(Modes, CrioCalls, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a CHECK that fails right after its ADD, pods that a restart takes for stale, leftovers.
TEST_P(CrioCalls, RunPodsOverARestart) {
  Vm& vm = start_lab().vm();
  Crio crio(vm, GetParam());
  ASSERT_TRUE(crio.start());
  const Pod first = vm.make_pod("first");
  ASSERT_NE(crio.run(first), "");  // what the first makes for all of them is no leftover
  crio.stop(first);
  std::vector<Pod> pods;
  std::vector<std::string> addresses;
  for (const char* name : {"a", "b", "c"}) pods.push_back(vm.make_pod(name));
  const std::string before = vm.snapshot();
  for (const Pod& pod : pods) addresses.push_back(crio.run(pod));
  vm.age();  // beyond the time in which a GC spares what it does not know
  ASSERT_TRUE(crio.start());
  for (const std::string& address : addresses)
    EXPECT_TRUE(lab().pings_from_fabric(address)) << address;
  EXPECT_EQ(leases(vm), 3U);
  for (const Pod& pod : pods) crio.stop(pod);
  ASSERT_TRUE(crio.start());
  EXPECT_EQ(vm.snapshot(), before);
}

// Catches: a GC that refuses null, so that what a killed runtime left is never collected while it
// has no pod.
TEST_P(CrioCalls, CollectWhatAKilledOneLeft) {
  Vm& vm = start_lab().vm();
  Crio crio(vm, GetParam());
  ASSERT_TRUE(crio.start());
  crio.lose(vm.make_pod("lost"));
  ASSERT_EQ(leases(vm), 1U);
  ASSERT_TRUE(crio.start());
  EXPECT_EQ(leases(vm), 0U);
  EXPECT_TRUE(vm.list("/run/azure-vnet/endpoints").empty());
}

// Catches: a node that no restart heals: a STATUS that fails for want of addresses keeps it from
// the GC that would free them.
TEST_P(CrioCalls, StartOnANodeFullOfLostPods) {
  Vm& vm = start_lab({1, 2, 1500}).vm();
  Crio crio(vm, GetParam());
  ASSERT_TRUE(crio.start());
  for (const char* name : {"x", "y"}) crio.lose(vm.make_pod(name));
  ASSERT_EQ(leases(vm), 2U);
  ASSERT_TRUE(crio.start()) << "STATUS";
  EXPECT_NE(crio.run(vm.make_pod("a")), "");
}

// Catches: a node that is called ready before Azure told its addresses, and one that is not asked
// again.
TEST_P(CrioCalls, WaitForAzure) {
  Vm& vm = start_lab().vm();
  const std::string metadata = Lab::metadata_of(vm.spec());
  lab().wireserver().answer_with([](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{503, ""};
  });
  Crio crio(vm, GetParam());
  EXPECT_FALSE(crio.start(3));
  lab().wireserver().answer_with([metadata](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{200, metadata};
  });
  // A failed query of Azure is not repeated for some seconds.
  EXPECT_TRUE(lab::eventually([&] { return crio.start(); }));
  EXPECT_NE(crio.run(vm.make_pod("a")), "");
}

}  // namespace
}  // namespace azcni::test
