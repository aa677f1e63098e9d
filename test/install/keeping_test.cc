// What an upgrade, a rollback and a removal must leave as it is.

#include "install_test.h"

namespace azcni::test {
namespace {

class Keeping : public InstallTest {
 protected:
  Json config() { return Json::parse(vm().read("/etc/cni/net.d/10-azure.conflist")); }
};

struct Choice {
  const char* name;
  std::vector<std::string> arguments;
};

class Choices : public Keeping, public ::testing::WithParamInterface<Choice> {};

INSTANTIATE_TEST_SUITE_P(
    Options, Choices,
    ::testing::Values(Choice{"mode", {"--mode", "tunnel"}},
                      Choice{"conflist", {"--conflist", AZCNI_SOURCE "/conf/non-aks.conflist"}}),
    case_name<Choice>);

// Catches: an upgrade by the documented line, which has no options: it takes mode and masquerading
// away from a whole cluster.
TEST_P(Choices, OfTheInstallationOutliveAnUpgrade) {
  std::vector<std::string> first{"--package", package("v1")};
  first.insert(first.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  must_install(first);
  const Json before = config();
  const lab::Exit upgrade = install({"--package", package("v2")});
  ASSERT_EQ(upgrade.status, 0) << upgrade.out << upgrade.err;
  EXPECT_EQ(config(), before) << "the upgrade changed the network configuration";
}

// Catches: a rollback to plugins that can't read our state, and so give the addresses of living
// pods to the next.
TEST_F(Keeping, RollbackToTheGoPluginsIsRefusedWhilePodsLive) {
  const std::string go =
      "#!/bin/sh\ncase $CNI_COMMAND in\n"
      "VERSION) echo '{\"cniVersion\": \"0.4.0\", \"supportedVersions\": [\"0.3.0\", "
      "\"0.4.0\"]}';;\n"
      "'') case $1 in -*) echo 'Azure CNI Version v1.4.39';; *) echo v1.4.39 >&2;; esac;;\n"
      "*) exit 1;;\nesac\n";
  for (const char* plugin : {"azure-vnet", "azure-vnet-ipam"})
    vm().write(std::string("/opt/cni/bin/") + plugin, go);
  shell("chmod 755 /opt/cni/bin/*");
  must_install({"--package", package("v1")});
  const Pod pod = vm().make_pod("a");
  attach(vm(), pod, vm().config());

  const std::string before = files();
  const lab::Exit refused = install({"--rollback"});
  ASSERT_EQ(refused.status, 1) << "the Go plugins are back under a living pod: " << refused.out;
  EXPECT_EQ(files(), before);
  detach(vm(), pod, vm().config());
  must_install({"--rollback"});
}

// Catches: addresses in use by containers of other network plugins, which are forgotten, and with
// them the IPAM plugin that their DEL needs.
TEST_F(Keeping, UninstallSparesAddressesOfOtherPlugins) {
  must_install({"--package", package("v1")});
  const Json lan{{"cniVersion", "1.0.0"},
                 {"name", "lan"},
                 {"type", "ipvlan"},
                 {"ipam", {{"type", "azure-vnet-ipam"}}}};
  ASSERT_EQ(vm().ipam("ADD", "vm-of-lan", lan).status, 0);
  install({"--uninstall"});
  ASSERT_EQ(vm().list("/run/azure-vnet-ipam/leases").size(), 1U)
      << "an address is forgotten that another plugin's container has";
  EXPECT_NE(vm().read("/opt/cni/bin/azure-vnet-ipam"), "");
  ASSERT_EQ(vm().ipam("DEL", "vm-of-lan", lan).status, 0);
  must_install({"--uninstall"});
  EXPECT_EQ(shell("shopt -s nullglob; echo /opt/cni/bin/azure* /run/azure-vnet*"), "\n");
}

// Catches: a removal that stops half way at a folder which is a mount point, as on a node whose
// root is read-only.
TEST_F(Keeping, UninstallGoesOnBehindAMountPoint) {
  shell("mkdir -p /var/lib/azure-vnet; mount -t tmpfs x /var/lib/azure-vnet");
  must_install({"--package", package("v1")});
  const lab::Exit exit = install({"--uninstall"});
  ASSERT_EQ(exit.status, 0) << "the removal stopped half way: " << exit.err;
  EXPECT_EQ(shell("shopt -s nullglob dotglob; echo /opt/cni/bin/azure* /etc/cni/net.d/* "
                  "/run/azure-vnet* /var/lib/azure-vnet/* /etc/systemd/*/*azure*"),
            "\n");
}

}  // namespace
}  // namespace azcni::test
