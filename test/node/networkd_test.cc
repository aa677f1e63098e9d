// A node whose NIC systemd-networkd configures by DHCP, as Azure's images have it.

#include "node_test.h"

namespace azcni::test {
namespace {

const std::vector<std::string> kByNetworkd{
    "networkctl reload", "systemctl restart systemd-networkd", "netplan apply",
    "systemctl restart systemd-resolved", "systemctl daemon-reexec"};

class Networkd : public NodeTest {
 protected:
  static void SetUpTestSuite() { boot(); }
};

// Catches: a manager that takes pods' routes, neighbours or rules for leftovers.
TEST_F(Networkd, LeavesTransparentPodsAlone) {
  start("transparent");
  expect_whole_after(kByNetworkd, kRestart);
  expect_whole_after(
      {"sysctl --quiet --system", "nft flush ruleset", "systemctl restart nftables"});
  expect_whole_after({"networkctl reconfigure eth0", "ip link set eth0 down; ip link set eth0 up"},
                     kAway);
  finish();
}

// Catches: a host or pods that are cut off when the manager of the NIC does its work.
TEST_F(Networkd, KeepsTheBridge) {
  for (const char* mode : {"bridge", "tunnel"}) {
    start(mode);
    expect_whole_after(kByNetworkd, kRestart);
    expect_whole_after({"networkctl reconfigure eth0", "ip link set eth0 down; ip link set eth0 up",
                        "nft flush ruleset; status", "ip link del $(bridge); status"},
                       kAway);
    finish();
  }
}

}  // namespace
}  // namespace azcni::test
