// azure-vnet doctor, of what else is at work on the node: kube-proxy and containerd.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Proxy {
  const char* name;
  const char* command;
};

class KubeProxy : public NetTest, public ::testing::WithParamInterface<Proxy> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, KubeProxy,
    ::testing::Values(Proxy{"Iptables", "iptables-nft -t nat -N KUBE-SERVICES"},
                      Proxy{"IptablesLegacy", "iptables-legacy -t nat -N KUBE-SERVICES"},
                      Proxy{"Nftables", "nft add table ip kube-proxy"}),
    case_name<Proxy>);

// Catches: pods that reach no Service in mode bridge, where nobody says that frames between ports
// pass by kube-proxy's rules.
TEST_P(KubeProxy, NeedsToSeeWhatIsBridged) {
  Vm& vm = start_lab().vm();
  attach(vm, vm.make_pod("web"), vm.config("bridge"));
  const auto see = [&](const char* value) {
    vm.write("/proc/sys/net/bridge/bridge-nf-call-iptables", value);
  };
  see("0");
  ASSERT_FALSE(doctor_tells(vm, {"bridge-nf-call"})) << "there is no kube-proxy";
  lab::must_run(vm.context(), {"sh", "-c", GetParam().command});
  see("1");
  ASSERT_FALSE(doctor_tells(vm, {"bridge-nf-call"})) << "it sees them";
  see("0");
  EXPECT_TRUE(doctor_tells(vm, {"bridge-nf-call"})) << "no finding";
}

struct Form {
  const char* name;
  const char* begin;
  const char* end;
};

class Containerd : public NetTest, public ::testing::WithParamInterface<Form> {};

INSTANTIATE_TEST_SUITE_P(
    Versions, Containerd,
    ::testing::Values(
        Form{"V1", "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  bin_dir = \"",
             "\"\n"},
        Form{"V2", "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\n  bin_dirs = ['",
             "']\n"}),
    case_name<Form>);

// Catches: a node that is installed and "ready", and whose containerd looks for plugins elsewhere:
// Debian's package sets /usr/lib/cni.
TEST_P(Containerd, LooksForPluginsElsewhere) {
  Vm& vm = start_lab().vm();
  const auto look_in = [&](const std::string& folder) {
    vm.write("/etc/containerd/config.toml", GetParam().begin + folder + GetParam().end);
  };
  look_in(AZCNI_PLUGINS);
  ASSERT_FALSE(doctor_tells(vm, {"containerd"})) << "it looks where we are";
  look_in("/usr/lib/cni");
  EXPECT_TRUE(doctor_tells(vm, {"/usr/lib/cni"})) << "no finding";
}

}  // namespace
}  // namespace azcni::test
