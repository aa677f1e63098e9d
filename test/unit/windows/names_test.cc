#include "azcni/base/windows.h"

#include "azcni/net/interfaces.h"
#include "azcni/network/endpoint.h"
#include "guid.h"

#include <gtest/gtest.h>

namespace azcni::network {
namespace {

TEST(Guid, IsReadInEveryFormThatGoReads) {
  const std::string bare = "a1b2c3d4-0011-2233-4455-66778899aabb";
  for (const std::string& text : {bare, "{" + bare + "}", "urn:uuid:" + bare}) {
    ASSERT_TRUE(parse_guid(text)) << text;
    EXPECT_EQ(to_string(*parse_guid(text)), bare);
  }
  EXPECT_TRUE(parse_guid("A1B2C3D4-0011-2233-4455-66778899AABB"));
  for (const char* text : {"", "none", "container:a1b2c3d4-0011-2233-4455-66778899aabb",
                           "a1b2c3d4-0011-2233-4455-66778899aabg", "a1b2c3d4-0011-2233-4455"})
    EXPECT_FALSE(parse_guid(text)) << text;
}

TEST(Guid, OfANameIsAlwaysTheSame) {
  EXPECT_EQ(to_string(guid_of("c@eth0")), to_string(guid_of("c@eth0")));
  EXPECT_NE(to_string(guid_of("c@eth0")), to_string(guid_of("c@eth1")));
}

// Catches: the second container of a pod attached beside the first, and an endpoint under another
// name than the Go plugins'.
TEST(Endpoint, IsOfThePodsFirstContainer) {
  const std::string first = "0123456789abcdef";
  EXPECT_EQ(attached_container("other", "container:" + first), first);
  EXPECT_EQ(attached_container(first, "none"), first);
  EXPECT_EQ(attached_container(first, "a1b2c3d4-0011-2233-4455-66778899aabb"), first);
  EXPECT_EQ(host_if_name({{first, "eth0"}, "azure", "none", "ns", "pod"}), "01234567-eth0");
  EXPECT_EQ(host_if_name({{"c", "eth1"}, "azure", "none", "ns", "pod"}), "c-eth1");
}

// Catches: pools that vanish when the first network puts a switch on the NIC.
TEST(NicName, IsThatOfTheAdapter) {
  EXPECT_EQ(net::nic_name("vEthernet (Ethernet 2)"), "Ethernet 2");
  EXPECT_EQ(net::nic_name("Ethernet 2"), "Ethernet 2");
}

TEST(Utf16, ComesBack) {
  const std::string text = "Ethernet \xc3\xa4 \xf0\x9f\x98\x80";
  EXPECT_EQ(to_utf8(to_utf16(text)), text);
  EXPECT_EQ(to_utf16(""), L"");
}

}  // namespace
}  // namespace azcni::network
