// What is there at a boot, and what comes later.

#include "node_test.h"

namespace azcni::test {
namespace {

class Boot : public NodeTest {
 protected:
  static void SetUpTestSuite() { boot(); }
  static void reboot() {
    node->reboot();
    node->must_run("online");
  }
};

// Catches: a node that comes up without a network, or whose first pod gets none, since something
// of the boot before is left.
TEST_F(Boot, WithPods) {
  start("bridge");
  reboot();
  EXPECT_EQ(node->run("host_works").status, 0) << node->run("state").out;
  start("bridge");
  finish();
}

// Catches: the same of a network that was removed.
TEST_F(Boot, WithoutPods) {
  start("tunnel");
  finish();
  reboot();
  EXPECT_EQ(node->run("host_works").status, 0) << node->run("state").out;
  start("tunnel");
  finish();
}

// Catches: a manager that finds, when it is started, a NIC below a bridge, and configures it.
TEST_F(Boot, ManagersComeLater) {
  node->must_run(
      "systemctl stop systemd-networkd.socket systemd-networkd; ip address flush dev eth0; "
      "ip address add 10.240.1.4/16 dev eth0; ip link set eth0 up; "
      "ip route add default via 10.240.0.1; resolvectl dns eth0 168.63.129.16");
  start("bridge");
  expect_whole_after({"systemctl start systemd-networkd; networkctl reconfigure eth0 || true",
                      "systemctl start NetworkManager", "systemctl restart NetworkManager",
                      "systemctl stop NetworkManager"});
  finish();
  node->must_run("netplan apply");
}

// Catches: files of netplan, which cloud-init writes anew, that undo the bridge.
TEST_F(Boot, CloudInitWritesItsFilesAnew) {
  start("bridge");
  expect_whole_after({"echo '# of this boot' >> /etc/netplan/50-cloud-init.yaml; netplan apply"},
                     kRestart);
  finish();
}

// Catches: pods that get no address since cloud-init gave them all to the host, and nobody who
// says so, or keeps it from that.
TEST_F(Boot, CloudInitTakesThePodsAddresses) {
  node->must_run(
      "mkdir -p /etc/cloud/cloud.cfg.d; cp -a /etc/netplan /run/kept; "
      "sed -i \"/set-name/a\\            addresses: [$(seq -f '10.240.1.%g/16' -s ', ' 5 20)]\" "
      "/etc/netplan/*; netplan apply; try 60 has_address 10.240.1.20");
  const lab::Exit refused = node->run("ip netns add c; cni ADD c");
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.out.find("apply_network_config_for_secondary_ips: false"), std::string::npos)
      << refused.out;
  EXPECT_NE(node->run("status").status, 0);
  EXPECT_NE(node->run("azure-vnet doctor").out.find("addresses-taken"), std::string::npos);
  const lab::Exit told =
      node->run("install-cni-plugin.sh --drop-ins; cat /etc/cloud/cloud.cfg.d/*");
  EXPECT_NE(told.out.find("apply_network_config_for_secondary_ips: false"), std::string::npos)
      << told.out;
  // What cloud-init writes then.
  node->must_run("cp -a /run/kept/* /etc/netplan; netplan apply; try 60 has_no_address 10.240.1.5");
  start("transparent");
  finish();
}

}  // namespace
}  // namespace azcni::test
