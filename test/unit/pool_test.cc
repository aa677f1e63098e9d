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

Pool with_blocks(const std::string& subnet, const std::vector<std::string>& addresses,
                 const std::vector<std::string>& blocks) {
  Pool made = pool("eth0", true, subnet, addresses);
  for (const std::string& each : blocks) made.blocks.push_back(*net::parse_prefix(each));
  return made;
}

std::vector<net::Prefix> prefixes(const std::vector<std::string>& texts) {
  std::vector<net::Prefix> prefixes;
  for (const std::string& each : texts) prefixes.push_back(*net::parse_prefix(each));
  return prefixes;
}

std::string chosen(const Pool& pool, const AddressNames& leased, const AddressNames& refused = {}) {
  const auto address = choose(pool, {}, leased, refused);
  return address ? to_string(*address) : "none";
}

// Catches: a block of which an address is left out, or of another's that is handed out.
TEST(Blocks, AreAllOfTheirAddresses) {
  const Pool some = with_blocks("10.0.0.0/24", {"10.0.0.9"}, {"10.0.0.16/30", "10.0.0.40/31"});
  AddressNames leased;
  std::vector<std::string> order;
  for (std::string next; (next = chosen(some, leased)) != "none"; leased.insert(next))
    order.push_back(next);
  EXPECT_THAT(order, testing::ElementsAre("10.0.0.9", "10.0.0.16", "10.0.0.17", "10.0.0.18",
                                          "10.0.0.19", "10.0.0.40", "10.0.0.41"));
  EXPECT_EQ(some.size(), 7U);
  EXPECT_EQ(some.count(leased), 7U);
  EXPECT_TRUE(some.holds("10.0.0.19"));
  EXPECT_FALSE(some.holds("10.0.0.20"));
}

// Catches: a list of 2^64 addresses, or a walk along those that are leased of it; a count that has
// overflowed; and the subnet's router handed out.
TEST(Blocks, MayBeTooLargeToBeListed) {
  const Pool whole = with_blocks("fd00::/64", {}, {"fd00::/64"});
  EXPECT_EQ(whole.size(), std::uint64_t{1} << 53);
  EXPECT_EQ(chosen(whole, {}), "fd00::2") << "the first two are the subnet's";
  EXPECT_EQ(chosen(whole, {"fd00::2", "fd00::3"}, {"fd00::4"}), "fd00::5");
  AllocationRequest wanted;
  wanted.address = net::parse_ip("fd00::ffff:0:0:1");
  EXPECT_EQ(choose(whole, wanted, {}, {}), wanted.address);
  EXPECT_FALSE(choose(whole, wanted, {"fd00::ffff:0:0:1"}, {}));
  const std::vector<Pool> pools{
      with_blocks("fd00::/64", {}, {"fd00::/64", "fd00:0:0:0:8000::/65"})};
  wanted = {};
  wanted.family = net::Family::kIpv6;
  EXPECT_EQ(candidates(pools, wanted, {"fd00::2"}).size(), 1U);
  EXPECT_EQ(Allocator(pools, {"fd00::2"}).scarcity(wanted), "");
}

// Catches: an address that rests handed out while others do not; and none although one rests.
TEST(Blocks, RestLikeOthers) {
  Pool some = with_blocks("10.0.0.0/24", {"10.0.0.9"}, {"10.0.0.16/31"});
  some.released = {{"10.0.0.9", 3}, {"10.0.0.16", 2}, {"10.0.0.17", 1}, {"10.0.0.99", 0}};
  EXPECT_EQ(chosen(some, {}), "10.0.0.17") << "released first";
  EXPECT_EQ(chosen(some, {"10.0.0.17"}), "10.0.0.16");
  EXPECT_EQ(chosen(some, {"10.0.0.17", "10.0.0.16"}), "10.0.0.9");
  EXPECT_EQ(chosen(some, {"10.0.0.9", "10.0.0.16", "10.0.0.17"}), "none");
  some.released = {{"10.0.0.9", 3}, {"10.0.0.16", 2}};
  EXPECT_EQ(chosen(some, {}), "10.0.0.17");
}

// Catches: an address that is to be kept out and is handed out, counted, or given on demand.
TEST(KeptOut, IsNeitherHandedOutNorCounted) {
  Pool some = with_blocks("10.0.0.0/24", {"10.0.0.8", "10.0.0.9"}, {"10.0.0.16/28"});
  some.kept_out = prefixes({"10.0.0.8/32", "10.0.0.16/29", "10.0.0.20/32", "10.0.9.0/24"});
  EXPECT_EQ(some.size(), 9U);
  EXPECT_EQ(chosen(some, {}), "10.0.0.9");
  EXPECT_EQ(chosen(some, {"10.0.0.9"}), "10.0.0.24");
  AllocationRequest wanted;
  wanted.address = net::parse_ip("10.0.0.20");
  EXPECT_FALSE(choose(some, wanted, {}, {}));
  Pool whole = with_blocks("fd00::/64", {}, {"fd00::/64"});
  whole.kept_out = prefixes({"fd00::/65"});
  EXPECT_EQ(chosen(whole, {}), "fd00::8000:0:0:0") << "half of it is leapt over";
  whole.kept_out = prefixes({"::/0"});
  EXPECT_EQ(chosen(whole, {}), "none");
  EXPECT_EQ(whole.size(), 0U);
}

}  // namespace
}  // namespace azcni::ipam
