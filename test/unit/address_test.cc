#include "azcni/net/address.h"

#include <gtest/gtest.h>

namespace azcni::net {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  for (const char* text :
       {"10.0.0.5", "0.0.0.0", "255.255.255.255", "::", "fe80::1234:5678:9abc", "fd00:240::1:5"}) {
    ASSERT_TRUE(parse_ip(text)) << text;
    EXPECT_EQ(to_string(*parse_ip(text)), text);
  }
}

// Catches: text that two parsers read differently, such as octal numbers and zones.
TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/24", " 10.0.0.1",
                           "10.0.0.1 ", "fe80::1%eth0", "::g", "1:2:3:4:5:6:7:8:9", "x"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string_view("10.0.0.1\0x", 10)));
}

TEST(Prefix, MasksAndContains) {
  const Prefix prefix = *parse_prefix("10.240.17.5/12");
  EXPECT_EQ(to_string(prefix.network()), "10.240.0.0/12");
  EXPECT_TRUE(prefix.contains(*parse_ip("10.255.255.255")));
  EXPECT_FALSE(prefix.contains(*parse_ip("11.0.0.0")));
  EXPECT_FALSE(prefix.contains(*parse_ip("::ffff:10.240.0.1")));
  EXPECT_EQ(to_string(prefix.host(1)), "10.240.0.1");
  EXPECT_EQ(to_string(parse_prefix("fd00::5:6/64")->host(1)), "fd00::1");
  EXPECT_EQ(to_string(parse_prefix("1.2.3.4/0")->network()), "0.0.0.0/0");
  EXPECT_EQ(to_string(parse_prefix("1.2.3.4/32")->network()), "1.2.3.4/32");
}

// Catches: a block that ends too early or runs into the next one, and a walk that never ends.
TEST(Prefix, HasALastAddressAndALengthThatContains) {
  EXPECT_EQ(to_string(parse_prefix("10.0.0.16/28")->last()), "10.0.0.31");
  EXPECT_EQ(to_string(parse_prefix("10.0.0.5/32")->last()), "10.0.0.5");
  EXPECT_EQ(to_string(parse_prefix("fd00::/65")->last()), "fd00::7fff:ffff:ffff:ffff");
  EXPECT_EQ(to_string(*next(*parse_ip("10.0.0.255"))), "10.0.1.0");
  EXPECT_EQ(to_string(*next(*parse_ip("fd00::ffff"))), "fd00::1:0");
  EXPECT_EQ(next(*parse_ip("255.255.255.255")), std::nullopt);
  EXPECT_TRUE(parse_prefix("10.0.0.0/24")->contains(*parse_prefix("10.0.0.16/28")));
  EXPECT_FALSE(parse_prefix("10.0.0.0/24")->contains(*parse_prefix("10.0.0.0/23")));
  EXPECT_FALSE(parse_prefix("10.0.0.0/24")->contains(*parse_prefix("10.0.1.16/28")));
}

TEST(Prefix, RefusesWhatIsNoCidr) {
  for (const char* text : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "::/129", "/8", "10.0.0.0/+8"}) {
    EXPECT_FALSE(parse_prefix(text)) << text;
  }
}

TEST(MacAddress, ReadsEverySpelling) {
  for (const char* text : {"000D3A6E1825", "00:0d:3a:6e:18:25", "00-0D-3A-6E-18-25"}) {
    ASSERT_TRUE(parse_mac(text)) << text;
    EXPECT_EQ(to_string(*parse_mac(text)), "00:0d:3a:6e:18:25");
  }
  for (const char* text : {"", "00:0d:3a:6e:18", "000D3A6E182", "000D3A6E182G", "00:0d:3a:6e:18:2",
                           "0:00d:3a:6e:18:25"}) {
    EXPECT_FALSE(parse_mac(text)) << text;
  }
}

// Catches: an address that is not taken where a network may stand, and host bits that stay.
TEST(Network, IsAPrefixOrAnAddress) {
  for (const auto& [text, expected, written] :
       std::vector<std::array<const char*, 3>>{{"10.96.0.10/16", "10.96.0.0/16", "10.96.0.0/16"},
                                               {"10.96.0.10", "10.96.0.10/32", "10.96.0.10"},
                                               {"fd00::a/128", "fd00::a/128", "fd00::a"},
                                               {"fd00::a/64", "fd00::/64", "fd00::/64"}}) {
    const auto network = parse_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(to_string(*network), expected);
    EXPECT_EQ(network_text(*network), written);
  }
  for (const char* text : {"", "x", "10.0.0.0/33", "10.0.0", "10.0.0.1/"})
    EXPECT_FALSE(parse_network(text)) << text;
}

}  // namespace
}  // namespace azcni::net
