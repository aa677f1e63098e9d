// Addresses that the host has for half a minute, unless its manager renews them.

#include "node_test.h"

namespace azcni::test {
namespace {

constexpr int kLease = 30;

class Lease : public NodeTest {
 protected:
  static void SetUpTestSuite() { boot(kLease); }

  /// Three times the managers renew it; then nobody gives one, and the address goes. It comes
  /// back with the DHCP server.
  static void expect_whole_with_leases(const std::string& mode) {
    start(mode);
    expect_whole_after("renewals in mode " + mode, kQuiet, [] { node->must_run("renewed 3"); });
    node->serve_dhcp(false);
    node->must_run("try 90 has_no_address");
    node->serve_dhcp(true);
    node->must_run("try 120 has_address; try 60 repaired");
    expect_whole("after the end of a lease in mode " + mode);
    finish();
  }
};

// Catches: a host whose address is not renewed behind the bridge, or that is lost with its pods
// when a lease ended.
TEST_F(Lease, ByNetworkd) {
  for (const char* mode : {"transparent", "bridge", "tunnel"}) expect_whole_with_leases(mode);
}

TEST_F(Lease, ByNetworkManager) {
  use_network_manager();
  for (const char* mode : {"transparent", "bridge", "tunnel"}) expect_whole_with_leases(mode);
}

}  // namespace
}  // namespace azcni::test
