#include "nft/rule.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>

namespace azcni::network::nft {
namespace {

/// The example of the header.
Rule to_container(const std::string& nic) {
  return Rule()
      .in_interface(nic)
      .protocol(ETH_P_IP)
      .set_from_map(kEtherDestination, kIp4Destination, "containers4")
      .accept();
}

std::vector<std::string> names_of(const Rule& rule) {
  std::vector<std::string> names;
  for (const Expression& expression : rule.expressions()) names.push_back(expression.name);
  return names;
}

TEST(NftRule, IsMadeOfWhatTheKernelRuns) {
  EXPECT_EQ(names_of(to_container("eth0")),
            (std::vector<std::string>{"meta", "cmp", "meta", "cmp", "payload", "lookup", "payload",
                                      "immediate"}));
  EXPECT_EQ(names_of(Rule().was_dnated().masquerade()),
            (std::vector<std::string>{"ct", "bitwise", "cmp", "masq"}));
}

// Catches: a condition that `nft` makes of other bytes: of a prefix whose length is no multiple of
// eight it takes the whole address.
TEST(NftRule, AsksForPrefixesAsNftDoes) {
  const auto within = [](const Field& field, const char* prefix) {
    return Rule().is_within(field, net::parse_prefix(prefix).value());
  };
  const Rule loopback = within(kIp4Source, "127.0.0.0/8");
  EXPECT_EQ(names_of(loopback), (std::vector<std::string>{"payload", "cmp"}));
  EXPECT_EQ(loopback.text(), "ip saddr 127.0.0.0/8");
  EXPECT_EQ(loopback.expressions()[1].data[0].second, Bytes{127});
  const Rule link_local = within(kIp6Source, "fe80::/10");
  EXPECT_EQ(names_of(link_local), (std::vector<std::string>{"payload", "bitwise", "cmp"}));
  Bytes mask(16);
  mask[0] = 0xff;
  mask[1] = 0xc0;
  EXPECT_EQ(link_local.expressions()[1].data[0].second, mask);
}

// Catches: a rule that is taken for another one which differs in a value, in what follows, or in
// its verdict alone.
TEST(NftRule, IsComparedByAllOfIt) {
  const auto same = [](const Rule& a, const Rule& b) { return a.expressions() == b.expressions(); };
  EXPECT_TRUE(same(to_container("eth0"), to_container("eth0")));
  EXPECT_FALSE(same(to_container("eth0"), to_container("eth1")));
  EXPECT_FALSE(same(to_container("eth0"), to_container("eth0").masquerade()));
  EXPECT_FALSE(same(Rule().in_group(2, 2).accept(), Rule().in_group(2, 2).drop()));
}

// Catches: a rule that leads elsewhere than before, taken for the same; and words that `nft` does
// not know.
TEST(NftRule, LeadsToChainsByTheirNames) {
  const Rule there = Rule().in_group(4, 0xff).jump("guarded");
  EXPECT_EQ(there.text(), "iifgroup & 0x000000ff == 0x00000004 jump guarded");
  EXPECT_NE(there, Rule().in_group(4, 0xff).jump("elsewhere"));
  EXPECT_NE(there, Rule().in_group(4, 0xff).go_to("guarded"));
  EXPECT_EQ(names_of(there), (std::vector<std::string>{"meta", "bitwise", "cmp", "immediate"}));
  EXPECT_EQ(Rule().protocol(ETH_P_IPV6).neighbour_discovery().count("spoofed").drop().text(),
            "meta protocol ip6 ip6 hoplimit 255 icmpv6 type 133-137 counter name \"spoofed\" drop");
  EXPECT_EQ(Rule().fib_source_missing().back().text(), "fib saddr . iif oif missing return");
}

}  // namespace
}  // namespace azcni::network::nft
