// Where the installer puts what: where the node's runtimes look, or where it is told to; and what
// the kernel is told in modes with a bridge.

#include "install_test.h"

namespace azcni::test {
namespace {

class Folders : public InstallTest {
 protected:
  void write_containerd(const std::string& bin_dir) {
    vm().write("/etc/containerd/config.toml",
               "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  bin_dir = \"" +
                   bin_dir + "\"\n");
  }
  bool exists(const std::string& path) { return vm().run({"test", "-e", path}).status == 0; }
  std::string sysctl(const char* name) {
    return vm().read(std::string("/proc/sys/net/bridge/bridge-nf-call-") + name);
  }
};

// Catches: a node that is installed and whose runtime finds no plugin, as Debian's containerd.
TEST_F(Folders, LinksLeadWhereTheRuntimeLooks) {
  write_containerd("/run/lib/cni");
  must_install({"--package", package("v1")});
  EXPECT_EQ(shell("readlink /run/lib/cni/azure-vnet /run/lib/cni/azure-vnet-ipam "
                  "/run/lib/cni/loopback"),
            "/opt/cni/bin/azure-vnet\n/opt/cni/bin/azure-vnet-ipam\n/opt/cni/bin/loopback\n");
  const std::string before = files() + shell("ls -l --time-style=full-iso /run/lib/cni");
  must_install({"--package", package("v1")});
  EXPECT_EQ(files() + shell("ls -l --time-style=full-iso /run/lib/cni"), before) << "again";
  const std::string version = shell("sha256sum < /run/lib/cni/azure-vnet");
  must_install({"--package", package("v2")});
  EXPECT_NE(shell("sha256sum < /run/lib/cni/azure-vnet"), version) << "an upgrade reaches it";
  const lab::Exit found = vm().run({"/opt/cni/bin/azure-vnet", "doctor"});
  EXPECT_EQ(found.out.find("elsewhere"), std::string::npos) << found.out;
  must_install({"--uninstall"});
  EXPECT_EQ(shell("ls /run/lib/cni"), "loopback\n");
}

// Catches: a plugin of an earlier installation by hand, which the runtime goes on to call.
TEST_F(Folders, ALinkReplacesAnOlderPlugin) {
  write_containerd("/run/lib/cni");
  shell("mkdir -p /run/lib/cni; echo old | tee /run/lib/cni/azure-vnet > /run/lib/cni/loopback");
  must_install({"--package", package("v1")});
  EXPECT_EQ(shell("readlink /run/lib/cni/azure-vnet"), "/opt/cni/bin/azure-vnet\n");
  EXPECT_EQ(vm().read("/run/lib/cni/loopback"), "old\n") << "not ours";
}

// Catches: a configuration that no runtime reads.
TEST_F(Folders, TheConfigurationIsWhereTheRuntimeLooks) {
  shell("mkdir -p /etc/crio");
  vm().write("/etc/crio/crio.conf", "[crio.network]\nnetwork_dir = \"/run/net.d/\"\n");
  must_install({"--package", package("v1")});
  EXPECT_TRUE(exists("/run/net.d/10-azure.conflist"));
  EXPECT_FALSE(exists("/etc/cni/net.d/10-azure.conflist"));
  const lab::Exit found = vm().run({"/opt/cni/bin/azure-vnet", "doctor"});
  EXPECT_EQ(found.out.find("no-config"), std::string::npos) << found.out;
  must_install({"--uninstall"});
  EXPECT_FALSE(exists("/run/net.d/10-azure.conflist"));
}

// Catches: an upgrade that goes elsewhere than the installation, and leaves the node with both.
TEST_F(Folders, ThatWereChosenAreRemembered) {
  must_install(
      {"--package", package("v1"), "--bin-dir", "/opt/own/bin", "--conf-dir", "/opt/own/net.d"});
  const std::string version = shell("sha256sum < /opt/own/bin/azure-vnet");
  must_install({"--package", package("v2")});
  EXPECT_NE(shell("sha256sum < /opt/own/bin/azure-vnet"), version);
  must_install({"--rollback"});
  EXPECT_EQ(shell("sha256sum < /opt/own/bin/azure-vnet"), version);
  EXPECT_TRUE(exists("/opt/own/net.d/10-azure.conflist"));
  for (const char* unused : {"/opt/cni", "/etc/cni/net.d/10-azure.conflist"})
    EXPECT_FALSE(exists(unused)) << unused;
  const lab::Exit found =
      vm().run({"/opt/own/bin/azure-vnet", "doctor", "--conf-dir", "/opt/own/net.d"});
  EXPECT_EQ(found.out.find("no-config"), std::string::npos) << found.out;
  must_install({"--uninstall"});
  EXPECT_FALSE(exists("/opt/own/bin/azure-vnet"));
  EXPECT_FALSE(exists("/opt/own/net.d/10-azure.conflist"));
}

// Catches: pods behind a bridge that reach no Service after the next boot, and a module that is
// loaded where no mode needs it.
TEST_F(Folders, TheKernelIsToldWhatTheModeNeeds) {
  const char* const module = "/etc/modules-load.d/azure-vnet.conf";
  const char* const settings = "/etc/sysctl.d/99-azure-vnet.conf";
  vm().write("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
  vm().write("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
  must_install({"--package", package("v1")});
  EXPECT_FALSE(exists(module)) << "transparent";
  EXPECT_FALSE(exists(settings));
  EXPECT_EQ(sysctl("iptables"), "0\n");
  must_install({"--package", package("v1"), "--mode", "tunnel"});
  EXPECT_EQ(vm().read(module), "br_netfilter\n");
  EXPECT_TRUE(exists(settings));
  EXPECT_EQ(sysctl("iptables"), "1\n") << "not only after the next boot";
  EXPECT_EQ(sysctl("ip6tables"), "1\n");
  must_install({"--package", package("v1"), "--mode", "transparent"});
  EXPECT_FALSE(exists(module)) << "no longer needed";
  must_install({"--package", package("v1"), "--mode", "bridge"});
  must_install({"--uninstall"});
  EXPECT_FALSE(exists(module));
  EXPECT_FALSE(exists(settings));
}

}  // namespace
}  // namespace azcni::test
