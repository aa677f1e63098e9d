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

/// A chain in letters: a and b are our two rules, x is one of ours that somebody changed, others do
/// D: decide, P: accept, L: log, R: refuse all. Handles count from 1.
Passes passes_of(const std::string& chain) {
  std::vector<nft::RuleId> rules;
  for (const char each : chain) {
    nft::RuleId rule{rules.size() + 1, {}};
    const bool is_ours = each == 'a' || each == 'b' || each == 'x';
    if (is_ours) rule.comment = tag_of("azure");
    if (each == 'a' || each == 'b') rule.known = each - 'a';
    if (is_ours || each == 'P') rule.effect = nft::Effect::kPasses;
    if (each == 'L') rule.effect = nft::Effect::kGoesOn;
    if (each == 'R') rule.effect = nft::Effect::kRefusesAll;
    rules.push_back(rule);
  }
  return passes_in(rules, "azure");
}

// Catches: drops of others overruled, an accept where no packet comes, and rules made anew for
// ever.
TEST(ForwardAccept, IsBehindWhatOthersDecideAndBeforeWhatRefusesAll) {
  for (const char* chain :
       {"ab", "ba", "Dab", "DLab", "abP", "abLR", "DabR", "abRD", "abRR", "Rab"})
    EXPECT_TRUE(passes_of(chain).are_whole) << chain;
  for (const char* chain :
       {"", "a", "aba", "ax", "abD", "aDb", "abDR", "aRb", "xx", "RabD", "abLD"})
    EXPECT_FALSE(passes_of(chain).are_whole) << chain;
  const auto place = [](const char* chain) { return passes_of(chain).before.value_or(0); };
  EXPECT_EQ(place("DD"), 0U);
  EXPECT_EQ(place("DLR"), 3U);
  EXPECT_EQ(place("DRPR"), 2U) << "behind the first there is no packet";
  EXPECT_EQ(place("abDR"), 4U);
  EXPECT_EQ(place("aRb"), 2U);
  EXPECT_EQ(place("RabD"), 0U) << "a refusal that was put before our rules is meant";
  EXPECT_EQ(passes_of("aDxRb").handles, (std::vector<std::uint64_t>{1, 3, 5}));
}

// Catches: passes of two networks that take turns at the end.
TEST(ForwardAccept, OfAnotherNetworkMayComeBehind) {
  std::vector<nft::RuleId> rules;
  for (const char* network : {"azure", "other"}) {
    for (const std::size_t i : {0U, 1U})
      rules.push_back({rules.size() + 1, tag_of(network), i, nft::Effect::kPasses});
  }
  EXPECT_TRUE(passes_in(rules, "azure").are_whole);
  EXPECT_TRUE(passes_in(rules, "other").are_whole);
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
