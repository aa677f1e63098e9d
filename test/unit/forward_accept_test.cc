#include "forward_accept.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "nft/batch.h"

namespace azcni::network::forward_accept {
namespace {

/// As bytes, in a chain.
std::string sent_for(const std::vector<nft::Rule>& rules) {
  test::Wire wire;
  net::Netlink socket(NETLINK_NETFILTER);
  nft::Batch batch({nft::Family::kIp4, "filter"});
  for (const nft::Rule& rule : rules) batch.insert_rule("FORWARD", rule, tag_of("azure"));
  batch.commit(socket, "insert");
  return wire.sent();
}

// Catches: one direction let pass alone, and links that only begin as the bridge does.
TEST(ForwardAccept, HasARuleForEachDirection) {
  EXPECT_EQ(sent_for(rules_of({"azv", true, "azure"})),
            sent_for({nft::Rule().iifname_prefix("azv").accept(),
                      nft::Rule().out_interfaces("azv").accept()}));
  EXPECT_EQ(sent_for(rules_of({"azure2", false, "azure"})),
            sent_for({nft::Rule().in_interface("azure2").accept(),
                      nft::Rule().out_interface("azure2").accept()}));
}

// Catches: rules that an upgrade finds no more, and those of one network taken for another's.
TEST(ForwardAccept, ItsRulesAreKnownByTheNetwork) {
  EXPECT_EQ(tag_of("azure"), "azure-vnet forwardAccept azure");
}

// Catches: rules in chains that forwarded packets do not pass, or that know no IP.
TEST(ForwardAccept, IsInChainsThatForwardIp) {
  using nft::Family, nft::Hook;
  const auto chain = [](Family family, Hook hook) {
    return nft::Chain{{family, "filter"}, "FORWARD", hook, true};
  };
  for (const Family family : {Family::kIp4, Family::kIp6, Family::kInet})
    EXPECT_TRUE(forwards_ip(chain(family, Hook::kForward)));
  EXPECT_FALSE(forwards_ip(chain(Family::kBridge, Hook::kForward)));
  EXPECT_FALSE(forwards_ip(chain(Family::kIp4, Hook::kOutput)));
  EXPECT_FALSE(forwards_ip(chain(Family::kInet, Hook::kPostrouting)));
}

}  // namespace
}  // namespace azcni::network::forward_accept
