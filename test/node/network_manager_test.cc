// A node whose NIC NetworkManager configures by DHCP, as distributions of Red Hat's have it.

#include "node_test.h"

namespace azcni::test {
namespace {

const std::vector<std::string> kByNetworkManager{"nmcli general reload", "nmcli connection reload",
                                                 "systemctl restart NetworkManager",
                                                 "systemctl restart systemd-resolved"};

class NetworkManager : public NodeTest {
 protected:
  static void SetUpTestSuite() {
    boot();
    node->must_run(
        "rm /etc/netplan/* && netplan generate && "
        "systemctl stop systemd-networkd.socket systemd-networkd && ip address flush dev eth0 && "
        "systemctl start NetworkManager && nmcli connection add type ethernet ifname eth0 con-name "
        "eth0 ipv4.method auto && nmcli connection up eth0");
  }
};

// Catches: a manager that takes pods' routes, neighbours or rules for leftovers.
TEST_F(NetworkManager, LeavesTransparentPodsAlone) {
  start("transparent");
  expect_whole_after(kByNetworkManager);
  expect_whole_after({"nmcli connection up eth0"});
  finish();
}

}  // namespace
}  // namespace azcni::test
