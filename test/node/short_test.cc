// Of all that the other suites try, what takes a few minutes with one boot: for CI.

#include "node_test.h"

namespace azcni::test {
namespace {

class Short : public NodeTest {
 protected:
  static void SetUpTestSuite() { boot(); }
};

// Catches: what Networkd.KeepsTheBridge does, in what is done most.
TEST_F(Short, NetworkdKeepsTheBridge) {
  start("bridge");
  expect_whole_after({"systemctl restart systemd-networkd", "netplan apply"}, kRestart);
  finish();
}

// Catches: a node's tables that are not put back.
TEST_F(Short, RulesComeBack) {
  start("transparent");
  expect_whole_after({"nft flush ruleset; try 60 repaired", "sysctl --quiet --system"});
  finish();
}

// Catches: what NetworkManager.KeepsTheBridge does, in what is done most. Last: it gets the NIC.
TEST_F(Short, NetworkManagerKeepsTheBridge) {
  use_network_manager();
  start("tunnel");
  expect_whole_after({"systemctl restart NetworkManager", "nmcli general reload"});
  finish();
}

}  // namespace
}  // namespace azcni::test
