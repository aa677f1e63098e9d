#include "network_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azcni::network::network_manager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Catches: a value that has a colon itself, an address of IPv6 say, and is cut there.
TEST(NetworkManager, TellsFieldsFromValues) {
  EXPECT_THAT(fields_of("ipv6.dns:fd00::1\nipv4.dns:\nipv4.method:auto\nnonsense\n"),
              ElementsAre(Pair("ipv4.method", "auto"), Pair("ipv6.dns", "fd00::1")));
}

// Catches: a bridge that asks for its address as the NIC did not, or in another zone; a setting of
// the NIC alone that nmcli refuses of a bridge.
TEST(NetworkManager, BridgeHasTheNicsSettings) {
  EXPECT_THAT(inherited_settings({{"ipv4.method", "manual"},
                                  {"ipv4.dad-timeout", "-1"},
                                  {"connection.zone", "work"},
                                  {"connection.id", "eth0"},
                                  {"802-3-ethernet.mtu", "auto"},
                                  {"802-3-ethernet.speed", "0"}},
                                 "100"),
              ElementsAre("connection.zone", "work", "ipv4.method", "manual"));
}

// Catches: the default route of a second NIC that is better than the bridge's from then on.
TEST(NetworkManager, BridgeHasTheNicsMetric) {
  const std::map<std::string, std::string> device{
      {"IP4.ROUTE[1]", "dst = 10.240.0.0/16, nh = 0.0.0.0, mt = 7"},
      {"IP4.ROUTE[2]", "dst = 0.0.0.0/0, nh = 10.240.0.1, mt = 101"}};
  EXPECT_EQ(default_metric(device), "101");
  EXPECT_EQ(default_metric({}), "");
  EXPECT_THAT(inherited_settings({{"ipv4.route-metric", "-1"}, {"ipv6.route-metric", "50"}}, "101"),
              ElementsAre("ipv6.route-metric", "50", "ipv4.route-metric", "101"));
  EXPECT_THAT(inherited_settings({{"ipv4.route-metric", "-1"}}, ""), IsEmpty());
}

}  // namespace
}  // namespace azcni::network::network_manager
