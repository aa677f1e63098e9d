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
    use_network_manager();
  }
};

// Catches: a manager that takes pods' routes, neighbours or rules for leftovers.
TEST_F(NetworkManager, LeavesTransparentPodsAlone) {
  start("transparent");
  expect_whole_after(kByNetworkManager);
  expect_whole_after({"nmcli connection up eth0"}, kAway);
  finish();
}

// Catches: a first ADD that loses the default route; a host or pods that are cut off when the
// manager of the NIC does its work, or for good when it is told to do it again.
TEST_F(NetworkManager, KeepsTheBridge) {
  for (const char* mode : {"bridge", "tunnel"}) {
    start(mode);
    expect_whole_after(kByNetworkManager);
    expect_whole_after({"ip link set eth0 down; ip link set eth0 up",
                        "nmcli connection up azure-vnet-eth0; try 60 repaired",
                        "nmcli connection up azure-vnet-eth0-bridge; try 60 repaired",
                        "nft flush ruleset; try 60 repaired"},
                       kAway);
    finish();
  }
}

// Catches: a bridge that stays without its NIC, or a NIC below a bridge that is not there, when an
// administrator went another way.
TEST_F(NetworkManager, MakesTheBridgeAgain) {
  start("bridge");
  expect_whole_after(
      {"nmcli connection up eth0; try 60 repaired", "ip link del $(bridge); try 60 repaired",
       "nmcli connection delete azure-vnet-eth0; try 60 repaired"},
      kAway);
  finish();
}

}  // namespace
}  // namespace azcni::test
