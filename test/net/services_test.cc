// Services as kube-proxy makes them, in each mode: who reaches them, from where, and with which
// source. Of its mode ipvs there is nothing here: not every kernel that runs the tests has it.

#include "kube_proxy.h"
#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::KubeProxy;
using lab::WhoamiServer;

constexpr int kHostPort = 8080;

enum class From { kClient, kBackend, kNode, kOtherVm, kOtherPod };
/// The address that the backend sees.
enum class Source { kOwn, kNode };

/// A way to a Service.
struct Path {
  const char* name;
  const char* address;  ///< empty: the node's
  From from;
  int port;
  Source source;
  bool needs_sight = false;  ///< behind a bridge: rules must see what passes it
  bool is_on_node = false;   ///< from pod to pod of one node: in tunnel with the node's address
  bool by_iptables = false;  ///< only there
};

constexpr const char* kLocal = "10.96.0.10";
constexpr const char* kRemote = "10.96.0.11";
constexpr const char* kSticky = "10.96.0.12";
constexpr int kCluster = 30080, kLocalPolicy = 30081, kElsewhere = 30082;

constexpr Path kPaths[] = {
    {"ClusterIP", kLocal, From::kClient, 80, Source::kOwn, true, true},
    {"ClusterIP of itself", kLocal, From::kBackend, 80, Source::kNode, true},
    {"ClusterIP from the node", kLocal, From::kNode, 80, Source::kNode},
    {"ClusterIP of another VM's pod", kRemote, From::kClient, 80, Source::kOwn, true},
    {"ClusterIP of another VM's pod, from the node", kRemote, From::kNode, 80, Source::kNode},
    {"NodePort", "", From::kClient, kCluster, Source::kNode},
    {"NodePort of itself", "", From::kBackend, kCluster, Source::kNode},
    {"NodePort from the node", "", From::kNode, kCluster, Source::kNode},
    {"NodePort from 127.0.0.1", "127.0.0.1", From::kNode, kCluster, Source::kNode, false, false,
     true},
    {"NodePort from another VM", "", From::kOtherVm, kCluster, Source::kNode},
    {"NodePort from another VM's pod", "", From::kOtherPod, kCluster, Source::kNode},
    {"NodePort, policy Local", "", From::kClient, kLocalPolicy, Source::kOwn, true, true},
    {"NodePort, policy Local, of itself", "", From::kBackend, kLocalPolicy, Source::kNode},
    {"NodePort, policy Local, from the node", "", From::kNode, kLocalPolicy, Source::kNode},
    {"NodePort, policy Local, from another VM", "", From::kOtherVm, kLocalPolicy, Source::kOwn,
     true},
    {"NodePort, policy Local, from another VM's pod", "", From::kOtherPod, kLocalPolicy,
     Source::kOwn, true},
    {"NodePort of another VM's pod", "", From::kClient, kElsewhere, Source::kNode},
    {"NodePort of another VM's pod, from another VM", "", From::kOtherVm, kElsewhere,
     Source::kNode}};

struct Case {
  const char* mode;
  KubeProxy proxy;
  const char* seen;       ///< bridge-nf-call-iptables
  const char* pods = "";  ///< detect-local-mode InterfaceNamePrefix

  friend void PrintTo(const Case& each, std::ostream* out) {
    *out << each.mode << (each.proxy == KubeProxy::kIptables ? "_iptables_" : "_nftables_")
         << each.seen << each.pods;
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const KubeProxy proxy : {KubeProxy::kIptables, KubeProxy::kNftables}) {
    for (const char* seen : {"0", "1"}) {
      for (const char* mode : {"transparent", "bridge", "tunnel"})
        all.push_back({mode, proxy, seen});
    }
    all.push_back({"transparent", proxy, "1", "azv"});
  }
  return all;
}

class Services : public NetTest, public ::testing::WithParamInterface<Case> {
 protected:
  /// Two VMs; on the first one a backend, with a port of the host, and a client.
  void SetUp() override {
    start_lab({2, 8, 1500});
    node().write("/proc/sys/net/bridge/bridge-nf-call-iptables", GetParam().seen);
    backend_ = node().make_pod("backend");
    client_ = node().make_pod("client");
    other_ = lab().vm(1).make_pod("other");
    Json config = node().config(GetParam().mode);
    asking_ = attach(node(), client_, config).ip();
    config["runtimeConfig"]["portMappings"] = {
        {{"hostPort", kHostPort}, {"containerPort", 80}, {"protocol", "tcp"}},
        {{"hostPort", kHostPort}, {"containerPort", 80}, {"protocol", "udp"}}};
    serving_ = attach(node(), backend_, config).ip();
    elsewhere_ = attach(lab().vm(1), other_, lab().vm(1).config()).ip();
    const std::string near = serving_ + ":80", far = elsewhere_ + ":80";
    // Pods that it is told of are led to all endpoints, as if the policy were Cluster.
    std::vector<std::string> local{near};
    if (*GetParam().pods == '\0') local.push_back(far);
    lab::serve(node(), GetParam().proxy,
               {{"near", kLocal, 80, kCluster, false, false, {near}},
                {"local", "10.96.0.13", 80, kLocalPolicy, true, false, local, {near}},
                {"far", kRemote, 80, kElsewhere, false, false, {far}},
                {"sticky", kSticky, 80, 0, false, true, {near, serving_ + ":81"}}},
               GetParam().pods);
  }

  Vm& node() { return lab().vm(); }
  bool is_blind() const {
    return std::string(GetParam().mode) != "transparent" && std::string(GetParam().seen) == "0";
  }

  lab::ExecContext context_of(From from) {
    switch (from) {
      case From::kClient: return node().context_of(client_);
      case From::kBackend: return node().context_of(backend_);
      case From::kNode: return node().context();
      case From::kOtherVm: return lab().vm(1).context();
      case From::kOtherPod: return lab().vm(1).context_of(other_);
    }
    return node().context();
  }
  std::string own_address(From from) {
    switch (from) {
      case From::kClient: return asking_;
      case From::kBackend: return serving_;
      case From::kNode: return node().spec().ip4;
      case From::kOtherVm: return lab().vm(1).spec().ip4;
      case From::kOtherPod: return elsewhere_;
    }
    return "";
  }
  std::string expected_source(const Path& path) {
    const bool is_turned = path.is_on_node && std::string(GetParam().mode) == "tunnel";
    const bool is_node = path.source == Source::kNode || is_turned;
    return is_node ? node().spec().ip4 : own_address(path.from);
  }

  Pod backend_, client_, other_;
  std::string serving_, asking_, elsewhere_;
};

INSTANTIATE_TEST_SUITE_P(All, Services, ::testing::ValuesIn(cases()),
                         [](const auto& each) { return ::testing::PrintToString(each.param); });

// Catches: a cluster's DNS that fails for the pods of its own node: the backend's answer leaves for
// the fabric, as all that it sends in mode tunnel, with a source that the fabric drops; a source
// that is lost where it is promised; ports of the host that do not work beside kube-proxy.
TEST_P(Services, AreReachedByWhoMay) {
  const WhoamiServer near(node().context_of(backend_), 80);
  const WhoamiServer far(lab().vm(1).context_of(other_), 80);
  for (const Path& path : kPaths) {
    if (path.needs_sight && is_blind()) continue;
    if (path.by_iptables && GetParam().proxy != KubeProxy::kIptables) continue;
    SCOPED_TRACE(path.name);
    const std::string address = *path.address == '\0' ? node().spec().ip4 : path.address;
    for (const char* protocol : {"tcp", "udp"}) {
      EXPECT_EQ(greeting(context_of(path.from), protocol, address, path.port),
                expected_source(path))
          << protocol;
    }
  }
  for (const From from : {From::kClient, From::kBackend, From::kNode, From::kOtherVm}) {
    EXPECT_NE(greeting(context_of(from), "tcp", node().spec().ip4, kHostPort), "")
        << "port of the host, from " << own_address(from);
  }
  EXPECT_EQ(greeting(context_of(From::kClient), "tcp", serving_, 80), asking_)
      << "without a Service the source is kept";
  EXPECT_EQ(dropped(node(), "spoofed"), 0) << "the guard dropped what is right";
}

// Catches: a caller that is sent to another backend each time: of the two endpoints, one refuses.
TEST_P(Services, StayWithABackendWhereTheySaySo) {
  if (is_blind()) {
    EXPECT_TRUE(doctor_tells(node(), {"services-unseen"})) << "no pod reaches them";
    return;
  }
  const WhoamiServer near(node().context_of(backend_), 80);
  const std::string first = greeting(context_of(From::kClient), "tcp", kSticky, 80);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(greeting(context_of(From::kClient), "tcp", kSticky, 80), first);
  EXPECT_FALSE(doctor_tells(node(), {"services-unseen"}));
}

}  // namespace
}  // namespace azcni::test
