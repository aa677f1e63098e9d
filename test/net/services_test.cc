// Services as kube-proxy makes them: a destination that is translated to a pod.

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

constexpr const char* kClusterIp = "10.96.0.10";

class Services : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// What kube-proxy does in mode iptables, as it is for a node whose backend is `pod`.
  static void serve(const Vm& vm, const std::string& destination, int port,
                    const std::string& pod) {
    for (const char* protocol : {"tcp", "udp"}) {
      for (const char* chain : {"PREROUTING", "OUTPUT"}) {
        lab::must_run(vm.context(), {"iptables-nft", "-t", "nat", "-A", chain, "-d", destination,
                                     "-p", protocol, "--dport", std::to_string(port), "-j", "DNAT",
                                     "--to-destination", pod + ":80"});
      }
    }
    // A backend that asks its own Service: it would not believe a packet of its own.
    lab::must_run(vm.context(), {"iptables-nft", "-t", "nat", "-A", "POSTROUTING", "-s", pod, "-d",
                                 pod, "-j", "MASQUERADE"});
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Services, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a cluster's DNS that fails for the pods of its own node: the backend's answer leaves for
// the fabric, as all that it sends in mode tunnel, with a source that the fabric drops.
TEST_P(Services, AreReachedThoughTheirBackendIsOnTheSameNode) {
  Lab& lab = start_lab({2, 8, 1500});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  vm.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "1");  // as Kubernetes demands
  const Pod backend = vm.make_pod("backend"), client = vm.make_pod("client");
  const std::string served = attach(vm, backend, vm.config(GetParam())).ip();
  const std::string asking = attach(vm, client, vm.config(GetParam())).ip();
  const WhoamiServer server(vm.context_of(backend), 80);
  serve(vm, kClusterIp, 80, served);
  serve(vm, vm.spec().ip4, 30080, served);
  for (const char* protocol : {"tcp", "udp"}) {
    SCOPED_TRACE(protocol);
    EXPECT_NE(greeting(vm.context_of(client), protocol, kClusterIp, 80), "") << "by ClusterIP";
    EXPECT_NE(greeting(vm.context_of(client), protocol, vm.spec().ip4, 30080), "") << "by NodePort";
    EXPECT_NE(greeting(vm.context(), protocol, kClusterIp, 80), "") << "from the host";
    EXPECT_NE(greeting(vm.context_of(backend), protocol, vm.spec().ip4, 30080), "")
        << "a backend by its own NodePort";
    EXPECT_EQ(greeting(vm.context_of(client), protocol, served, 80), asking)
        << "without a Service the source is kept";
    EXPECT_EQ(greeting(other.context(), protocol, vm.spec().ip4, 30080), other.spec().ip4)
        << "a NodePort with the local policy keeps its client's source";
  }
  EXPECT_EQ(dropped(vm, "spoofed"), 0) << "the guard dropped what is right";
}

}  // namespace
}  // namespace azcni::test
