#include "azcni/ipam/metadata.h"

#include <gtest/gtest.h>

#include "azcni/base/error.h"

namespace azcni::ipam {
namespace {

constexpr const char* kXml = R"(<Interfaces>
  <Interface MacAddress="000D3A6E1825" IsPrimary="true">
    <IPSubnet Prefix="10.0.0.7/24">
      <IPAddress Address="10.0.0.4" IsPrimary="true"/>
      <IPAddress Address="10.0.0.5" IsPrimary="false"/>
      <IPAddress Address="10.0.0.5" IsPrimary="false"/>
      <IPAddress Address="10.9.0.5" IsPrimary="false"/>
      <IPAddress Address="10.0.0.6"/>
    </IPSubnet>
  </Interface>
  <Interface MacAddress="*"/>
</Interfaces>)";

// Catches: the VM's own address given to a pod, addresses twice, and addresses of other subnets.
TEST(Wireserver, GivesTheAddressesForContainers) {
  const auto nics = parse_wireserver(kXml);
  ASSERT_EQ(nics.size(), 2U);
  EXPECT_EQ(to_string(*nics[0].mac), "00:0d:3a:6e:18:25");
  EXPECT_TRUE(nics[0].primary);
  EXPECT_EQ(to_string(nics[0].subnets[0].prefix), "10.0.0.0/24");
  ASSERT_EQ(nics[0].subnets[0].addresses.size(), 2U);
  EXPECT_EQ(to_string(nics[0].subnets[0].addresses[1]), "10.0.0.6");
  EXPECT_FALSE(nics[1].mac);
  EXPECT_FALSE(nics[1].primary);
}

TEST(Mas, GivesTheSame) {
  const auto nics =
      parse_mas(R"({"interfaces":[{"macaddress":"00-0D-3A-6E-18-25","IsPrimary":true,"IPSubnets":[
    {"Prefix":"1.0.0.0/12","IPAddresses":[{"Address":"1.0.0.4","IsPrimary":true},{"Address":"1.0.0.5","IsPrimary":false}]}]}]})");
  ASSERT_EQ(nics.size(), 1U);
  EXPECT_EQ(to_string(nics[0].subnets[0].addresses.at(0)), "1.0.0.5");
}

TEST(Metadata, RefusesWhatIsNoAddressAndNoMac) {
  EXPECT_THROW(parse_wireserver(R"(<Interfaces><Interface MacAddress="zz"/></Interfaces>)"), Error);
  EXPECT_THROW(
      parse_wireserver(R"(<Interfaces><Interface MacAddress="*"><IPSubnet Prefix="10.0.0.0/8">
    <IPAddress Address="ten"/></IPSubnet></Interface></Interfaces>)"),
      Error);
  EXPECT_THROW(parse_mas(R"({"Interfaces":{}})"), Error);
  EXPECT_THROW(parse_mas("[]"), Error);
}

}  // namespace
}  // namespace azcni::ipam
