#include "azcni/ipam/allocator.h"

#include <gmock/gmock.h>

namespace azcni::ipam {
namespace {

Pool pool(const std::string& interface, bool primary, const std::string& subnet,
          const std::vector<std::string>& addresses) {
  Pool made{interface, primary, *net::parse_prefix(subnet), {}};
  made.addresses = addresses;
  return made;
}

std::vector<std::string> keys(const std::vector<Pool>& pools) {
  std::vector<std::string> keys;
  for (const Pool& each : pools) keys.push_back(each.key());
  return keys;
}

net::Interface nic(const std::string& name, const std::string& mac, const std::string& kind = "",
                   bool enslaved = false) {
  return {name, *net::parse_mac(mac), 1, kind, 0, enslaved};
}

// Catches: the order of a map deciding, and a primary NIC that is used up while others are idle.
TEST(Candidates, SecondaryNicsFirstThenMostFree) {
  const std::vector<Pool> pools{
      pool("eth0", true, "10.0.0.0/24", {"10.0.0.4", "10.0.0.5", "10.0.0.6"}),
      pool("eth1", false, "10.1.0.0/24", {"10.1.0.4"}),
      pool("eth2", false, "10.2.0.0/24", {"10.2.0.4", "10.2.0.5"}),
      pool("eth0", true, "fd00::/64", {"fd00::5"})};
  EXPECT_THAT(keys(candidates(pools, {}, {})),
              testing::ElementsAre("eth2 10.2.0.0/24", "eth1 10.1.0.0/24", "eth0 10.0.0.0/24"));
  EXPECT_EQ(keys(candidates(pools, {}, {"10.2.0.4", "10.2.0.5"}))[0], "eth1 10.1.0.0/24");
  AllocationRequest sticky;
  sticky.preferred = "eth0 10.0.0.0/24";
  EXPECT_EQ(keys(candidates(pools, sticky, {}))[0], "eth0 10.0.0.0/24");
  AllocationRequest six;
  six.family = net::Family::kIpv6;
  EXPECT_THAT(keys(candidates(pools, six, {})), testing::ElementsAre("eth0 fd00::/64"));
}

TEST(Candidates, TwoNicsMayShareASubnet) {
  const std::vector<Pool> pools{pool("eth0", true, "10.0.0.0/24", {"10.0.0.4"}),
                                pool("eth1", false, "10.0.0.0/24", {"10.0.0.9"})};
  AllocationRequest wanted;
  wanted.interface = "eth0";
  EXPECT_THAT(keys(candidates(pools, wanted, {})), testing::ElementsAre("eth0 10.0.0.0/24"));
}

TEST(Choose, TakesTheFirstFreeInOrder) {
  const Pool some = pool("eth0", true, "10.0.0.0/24", {"10.0.0.7", "10.0.0.5", "10.0.0.6"});
  EXPECT_EQ(to_string(*choose(some, {}, {"10.0.0.7"}, {})), "10.0.0.5");
  EXPECT_EQ(to_string(*choose(some, {}, {"10.0.0.7"}, {"10.0.0.5"})), "10.0.0.6");
  EXPECT_FALSE(choose(some, {}, {"10.0.0.7", "10.0.0.5", "10.0.0.6"}, {}));
}

TEST(Merged, KeepsTheOrderOfRest) {
  const Pool known = pool("eth0", true, "10.0.0.0/24", {"10.0.0.7", "10.0.0.5", "10.0.0.6"});
  const Pool fetched = pool("eth0", true, "10.0.0.0/24", {"10.0.0.5", "10.0.0.7", "10.0.0.8"});
  EXPECT_EQ(Json(merged(known, fetched)),
            Json(pool("eth0", true, "10.0.0.0/24", {"10.0.0.7", "10.0.0.5", "10.0.0.8"})));
}

// Catches: an SR-IOV function, a bridge or a container's link taken for the NIC whose MAC it has.
TEST(ToPools, MatchesTheNicItself) {
  const std::vector<NicMetadata> nics{
      {net::parse_mac("000d3a000001"), true, {{*net::parse_prefix("10.0.0.0/24"), {}}}}};
  const auto pools =
      to_pools(nics, {nic("lo", "000000000000"), nic("enP1", "000d3a000001", "", true),
                      nic("azure0", "000d3a000001", "bridge"), nic("veth1", "000d3a000001", "veth"),
                      nic("eth0", "000d3a000001")});
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_EQ(pools[0].interface, "eth0");
  EXPECT_THROW(to_pools(nics, {nic("eth0", "000d3a000002")}), Error);
}

// Catches: a subnet that a document has twice, whose first half of addresses is lost.
TEST(ToPools, JoinsASubnetThatANicHasTwice) {
  const auto subnet = [](const char* address) {
    return SubnetMetadata{*net::parse_prefix("10.0.0.0/24"), {*net::parse_ip(address)}};
  };
  const auto mac = net::parse_mac("000d3a000001");
  const std::vector<NicMetadata> nics{{mac, true, {subnet("10.0.0.5"), subnet("10.0.0.6")}},
                                      {std::nullopt, true, {subnet("10.0.0.5")}}};
  const auto pools = to_pools(nics, {nic("eth0", "000d3a000001")});
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_THAT(pools[0].addresses, testing::ElementsAre("10.0.0.5", "10.0.0.6"));
}

}  // namespace
}  // namespace azcni::ipam
