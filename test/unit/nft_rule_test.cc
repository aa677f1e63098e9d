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
  EXPECT_EQ(names_of(Rule().has_mark(0x2000).masquerade()),
            (std::vector<std::string>{"meta", "bitwise", "cmp", "masq"}));
}

// Catches: a rule that is taken for another one which differs in a value, in what follows, or in
// its verdict alone.
TEST(NftRule, IsComparedByAllOfIt) {
  const auto same = [](const Rule& a, const Rule& b) { return a.expressions() == b.expressions(); };
  EXPECT_TRUE(same(to_container("eth0"), to_container("eth0")));
  EXPECT_FALSE(same(to_container("eth0"), to_container("eth1")));
  EXPECT_FALSE(same(to_container("eth0"), to_container("eth0").masquerade()));
  EXPECT_FALSE(same(Rule().in_group(2).accept(), Rule().in_group(2).drop()));
}

}  // namespace
}  // namespace azcni::network::nft
