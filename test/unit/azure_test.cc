#include "azcni/net/azure.h"

#include <gtest/gtest.h>

namespace azcni::net::azure {
namespace {

// Catches: a digit of the bytes that is another one than Azure's.
TEST(Azure, IsKnownByItsAddresses) {
  EXPECT_EQ(to_string(kWireserver), "168.63.129.16");
  EXPECT_EQ(to_string(kRouterMac), "12:34:56:78:9a:bc");
  EXPECT_EQ(to_string(kRouterLinkLocal), "fe80::1234:5678:9abc");
  EXPECT_EQ(to_string(kVirtualGateway), "169.254.1.1");
  EXPECT_EQ(to_string(gateway_of(*parse_prefix("10.240.7.5/16"))), "10.240.0.1");
}

}  // namespace
}  // namespace azcni::net::azure
