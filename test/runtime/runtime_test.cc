// Pods of a real container runtime: containerd and runc, driven over the CRI as kubelet does it.

#include <fstream>
#include <future>
#include <set>

#include "containerd.h"
#include "cri.h"
#include "echo_server.h"
#include "net_test.h"

namespace azcni::test {
namespace {

constexpr int kHostPort = 8080;

struct Case {
  ContainerdVersion version;
  const char* mode;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const ContainerdVersion& version : containerd_versions()) {
    for (const char* mode : {"transparent", "bridge", "tunnel"}) all.push_back({version, mode});
  }
  return all;
}

/// What is shipped: containerd 2 takes CNI 1.1.0 of it, and asks for STATUS.
Json shipped_conflist(const std::string& mode) {
  std::ifstream stream(AZCNI_SOURCE "/conf/transparent.conflist");
  Json list = Json::parse(stream);
  list["plugins"][0]["mode"] = mode;
  return list;
}

/// With Debian's portmap, which knows no CNI 1.1.0.
Json conflist_with_portmap(const std::string& mode) {
  return {{"cniVersion", "1.0.0"},
          {"name", "azure"},
          {"plugins",
           {{{"type", "azure-vnet"}, {"mode", mode}, {"ipam", {{"type", "azure-vnet-ipam"}}}},
            {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}, {"snat", true}}}}};
}

class Runtime : public NetTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    vm_ = &start_lab({.secondaries = 60}).vm();
    const auto& [version, mode] = GetParam();
    const Json list =
        *version.folder == '\0' ? conflist_with_portmap(mode) : shipped_conflist(mode);
    containerd_ = std::make_unique<Containerd>(*vm_, list, version);
    cri_ = std::make_unique<Cri>(containerd_->socket());
    // What the first pod makes for all of them is no leftover.
    remove(run("first", kHostPort + 1));
    before_ = everything();
  }

  void TearDown() override {
    if (HasFailure() && vm_ != nullptr) std::puts(vm_->read("/var/log/azure-vnet.log").c_str());
    cri_.reset();
    containerd_.reset();
    NetTest::TearDown();
  }

  Sandbox run(const std::string& name, int host_port = 0) {
    return cri_->run({name, containerd_->cgroup_parent(), host_port});
  }
  /// As run, on a runtime that was killed: over a snapshot's folder that it was about to note, its
  /// snapshotter fails once and removes it; kubelet tries again.
  Sandbox run_after_kill(const std::string& name) {
    try {
      return run(name);
    } catch (const std::runtime_error& error) {
      if (!std::string_view(error.what()).ends_with(": file exists")) throw;
      return run(name);
    }
  }
  void remove(const Sandbox& sandbox) {
    cri_->stop(sandbox.id);
    cri_->remove(sandbox.id);
  }

  /// All at once.
  std::vector<Sandbox> run_many(const std::string& prefix, int count) {
    std::vector<std::future<Sandbox>> calls;
    for (int i = 0; i < count; ++i) {
      calls.push_back(std::async(std::launch::async,
                                 [this, prefix, i] { return run(prefix + std::to_string(i)); }));
    }
    std::vector<Sandbox> sandboxes;
    for (auto& each : calls) sandboxes.push_back(each.get());
    return sandboxes;
  }
  void remove_many(const std::vector<std::string>& ids) {
    std::vector<std::future<void>> calls;
    for (const std::string& id : ids) {
      calls.push_back(std::async(std::launch::async, [this, id] {
        cri_->stop(id);
        cri_->remove(id);
      }));
    }
    for (auto& each : calls) each.get();
  }

  bool pings(const Sandbox& from, const std::string& address) const {
    return lab::run(containerd_->context(from.netns), {"ping", "-n", "-c", "1", "-W", "5", address})
               .status == 0;
  }

  /// Links, addresses, routes, neighbours, records, rules, and the number of pods' namespaces.
  std::string everything() const {
    return vm_->snapshot() + vm_->run({"nft", "-s", "list", "ruleset"}).out +
           std::to_string(containerd_->netns_names().size());
  }

  Vm* vm_ = nullptr;
  std::unique_ptr<Containerd> containerd_;
  std::unique_ptr<Cri> cri_;
  std::string before_;
};

INSTANTIATE_TEST_SUITE_P(Containerd, Runtime, ::testing::ValuesIn(cases()), [](const auto& each) {
  return std::string(each.param.version.name) + "_" + each.param.mode;
});

TEST_P(Runtime, RunsAPodWithAHostPort) {
  const Sandbox pod = run("web", kHostPort);
  EXPECT_TRUE(Lab::pings(*vm_, pod.ip));
  EXPECT_TRUE(pings(pod, vm_->spec().ip4));
  const lab::EchoServer server(containerd_->context(pod.netns), 80);
  const auto connects = [&](const lab::ExecContext& from) {
    return lab::run(from, {"timeout", "10", "bash", "-c",
                           "exec 3<>/dev/tcp/" + vm_->spec().ip4 + "/" + std::to_string(kHostPort)})
               .status == 0;
  };
  EXPECT_TRUE(connects(lab().fabric().context())) << "from outside";
  EXPECT_TRUE(connects(vm_->context())) << "from the host itself";
  remove(pod);
  EXPECT_FALSE(connects(lab().fabric().context()));
  EXPECT_EQ(everything(), before_);
}

// Catches: addresses given twice, pods without a way to each other, anything left of 50 of them.
TEST_P(Runtime, RunsFiftyPodsAtOnce) {
  const std::vector<Sandbox> pods = run_many("p", 50);
  std::set<std::string> addresses;
  for (const Sandbox& pod : pods) EXPECT_TRUE(addresses.insert(pod.ip).second) << pod.ip;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    EXPECT_TRUE(pings(pods[i], pods[(i + 1) % pods.size()].ip)) << pods[i].ip;
  }
  std::vector<std::string> ids;
  for (const Sandbox& pod : pods) ids.push_back(pod.id);
  remove_many(ids);
  EXPECT_EQ(everything(), before_);
}

// Catches: a node whose healthy pods are evicted, for it has as many as addresses: kubelet takes a
// STATUS that fails for the node's health.
TEST_P(Runtime, IsReadyThoughAllAddressesAreInUse) {
  const Json ipam{{"name", "azure"}, {"ipam", {{"type", "azure-vnet-ipam"}}}};
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(vm_->ipam("ADD", "other" + std::to_string(i), ipam).status, 0) << i;
  EXPECT_THROW(run("more"), std::runtime_error);
  EXPECT_EQ(cri_->obstacles(), "");
}

// Catches: a sandbox that can't be removed, or whose address is lost, since its namespace is gone.
TEST_P(Runtime, RemovesAPodWhoseNamespaceIsGone) {
  const Sandbox pod = run("web", kHostPort);
  containerd_->remove_netns(pod.netns);
  remove(pod);
  EXPECT_EQ(everything(), before_);
}

// Catches: attachments of a runtime that died in the middle of making them: those that it still
// knows go by its DEL, the others by GC.
TEST_P(Runtime, LosesNothingWhenTheRuntimeIsKilled) {
  const Sandbox kept = run("kept");
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(std::async(std::launch::async, [this, i] {
      try {
        run("p" + std::to_string(i));
        return true;
      } catch (const std::runtime_error&) {
        return false;
      }
    }));
  }
  EXPECT_TRUE(lab::eventually([&] { return vm_->list("/run/azure-vnet/endpoints").size() >= 5; }));
  containerd_->kill();
  std::size_t succeeded = 0;
  for (auto& each : calls) succeeded += each.get() ? 1 : 0;
  EXPECT_LT(succeeded, 20U) << "it was killed too late";
  containerd_->start();
  cri_ = std::make_unique<Cri>(containerd_->socket());
  EXPECT_TRUE(Lab::pings(*vm_, kept.ip)) << "a pod outlives its runtime";
  const Sandbox after = run_after_kill("after");
  EXPECT_TRUE(pings(after, kept.ip));

  remove_many(cri_->list());
  Json config = vm_->config(GetParam().mode);
  config.update({{"cniVersion", "1.1.0"}, {"cni.dev/valid-attachments", Json::array()}});
  EXPECT_EQ(vm_->cni("GC", Pod{}, config).text, "");
  // Namespaces that the runtime has lost are its own affair.
  for (const std::string& name : containerd_->netns_names())
    containerd_->remove_netns("/run/netns/" + name);
  EXPECT_EQ(everything(), before_);
}

}  // namespace
}  // namespace azcni::test
