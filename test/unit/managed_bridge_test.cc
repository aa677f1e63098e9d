#include "managed_bridge.h"

#include <gtest/gtest.h>

namespace azcni::network::managed_bridge {
namespace {

constexpr const char* kFile =
    "# by netplan\n[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\n[DHCP]\nRouteMetric=100\n[Match]\n"
    "MACAddress=00:0d:3a:6e:18:25";

// Catches: a bridge that is configured as the NIC was, but for the NIC; a setting that is lost.
TEST(ManagedBridge, HasTheSectionsThatFit) {
  EXPECT_EQ(sections_of(kFile, [](const std::string& name) { return name != "Match"; }),
            "[Network]\nDHCP=ipv4\n[DHCP]\nRouteMetric=100\n");
  EXPECT_EQ(sections_of(kFile, [](const std::string& name) { return name == "ipv4"; }), "");
  EXPECT_EQ(sections_of("", [](const std::string&) { return true; }), "");
}

}  // namespace
}  // namespace azcni::network::managed_bridge
