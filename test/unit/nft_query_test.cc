// What is read of nf_tables' answers.

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include <map>
#include <utility>

#include "golden.h"
#include "nft/query.h"
#include "nft/ruleset.h"

namespace azcni::network::nft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Table kFilter{Family::kIp4, "filter"};

class NftQuery : public ::testing::Test {
 protected:
  net::NetlinkMessage& add(int type, Family family = Family::kIp4) {
    const nfgenmsg header{static_cast<std::uint8_t>(family), NFNETLINK_V0, 0};
    return objects_.emplace_back(kSubsystem | type, 0, header);
  }
  net::NetlinkMessage& add_rule(const char* table, const char* chain, std::uint64_t handle) {
    const std::uint64_t number = htobe64(handle);
    return add(NFT_MSG_NEWRULE)
        .put(NFTA_RULE_TABLE, std::string_view(table))
        .put(NFTA_RULE_CHAIN, std::string_view(chain))
        .put(NFTA_RULE_HANDLE, &number, sizeof number);
  }
  net::Netlink& answered() {
    wire_.answer_next(std::exchange(objects_, {}));
    return netlink_;
  }

  test::Wire wire_;
  net::Netlink netlink_{NETLINK_NETFILTER};

 private:
  std::vector<net::NetlinkMessage> objects_;
};

TEST_F(NftQuery, Tables) {
  add(NFT_MSG_NEWTABLE, Family::kInet).put(NFTA_TABLE_NAME, std::string_view("azure_vnet_azure"));
  add(NFT_MSG_NEWTABLE);
  add(NFT_MSG_NEWTABLE).put(NFTA_TABLE_NAME, std::string_view("filter"));
  EXPECT_THAT(list_tables(answered()),
              ElementsAre(Table{Family::kInet, "azure_vnet_azure"}, kFilter));
}

// Catches: a chain that packets meet only by a jump taken for one of a hook, and a policy misread.
TEST_F(NftQuery, Chains) {
  const auto add_chain = [&](const char* name, std::uint32_t hook, std::uint32_t policy) {
    net::NetlinkMessage& chain = add(NFT_MSG_NEWCHAIN);
    chain.put(NFTA_CHAIN_TABLE, std::string_view("filter"))
        .put(NFTA_CHAIN_NAME, std::string_view(name));
    chain.nest(NFTA_CHAIN_HOOK, [&] { chain.put_u32(NFTA_HOOK_HOOKNUM, htonl(hook)); });
    chain.put_u32(NFTA_CHAIN_POLICY, htonl(policy));
  };
  add_chain("FORWARD", NF_INET_FORWARD, NF_DROP);
  add_chain("OUTPUT", NF_INET_LOCAL_OUT, NF_ACCEPT);
  add(NFT_MSG_NEWCHAIN).put(NFTA_CHAIN_NAME, std::string_view("DOCKER"));
  const std::vector<Chain> chains = list_chains(answered());
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[0].table, kFilter);
  EXPECT_EQ(chains[0].name, "FORWARD");
  EXPECT_EQ(chains[0].hook, Hook::kForward);
  EXPECT_TRUE(chains[0].drops);
  EXPECT_EQ(chains[1].hook, Hook::kOutput);
  EXPECT_FALSE(chains[1].drops);
}

// Catches: a rule of another chain deleted as ours, and a comment read beyond its end.
TEST_F(NftQuery, RulesByTheirComments) {
  const auto put_comment = [](net::NetlinkMessage& rule, const std::string& data) {
    rule.put(NFTA_RULE_USERDATA, data.data(), data.size());
  };
  using namespace std::string_literals;
  put_comment(add_rule("filter", "FORWARD", 17), "\0\5mine\0"s);
  put_comment(add_rule("filter", "INPUT", 18), "\0\5mine\0"s);
  put_comment(add_rule("filter", "FORWARD", 19), "\1\5what\0"s);
  put_comment(add_rule("filter", "FORWARD", 20), "\0\1\0"s);
  add_rule("filter", "FORWARD", std::uint64_t{1} << 40);
  std::vector<std::pair<std::uint64_t, std::string>> found;
  for (const RuleId& each : list_rules(answered(), {kFilter, "FORWARD"}))
    found.emplace_back(each.handle, each.comment);
  EXPECT_THAT(found, ElementsAre(std::pair(17, "mine"), std::pair(19, ""), std::pair(20, ""),
                                 std::pair(std::uint64_t{1} << 40, "")));
}

/// A rule with one expression, or with iptables' target within one.
void put_expression(net::NetlinkMessage& rule, const char* name, const char* target = "") {
  rule.nest(NFTA_RULE_EXPRESSIONS, [&] {
    rule.nest(NFTA_LIST_ELEM, [&] {
      rule.put(NFTA_EXPR_NAME, std::string_view(name));
      rule.nest(NFTA_EXPR_DATA, [&] { rule.put(NFTA_TARGET_NAME, std::string_view(target)); });
    });
  });
}

// Catches: doctor content with the masquerading of services, and asking for it where there is one.
TEST_F(NftQuery, WhetherATableMasquerades) {
  struct Case {
    const char *table, *chain, *expression, *target;
    bool expected;
  };
  for (const Case& each : {Case{"nat", "POSTROUTING", "masq", "", true},
                           Case{"nat", "POSTROUTING", "target", "MASQUERADE", true},
                           Case{"nat", "KUBE-POSTROUTING", "target", "MASQUERADE", false},
                           Case{"nat", "POSTROUTING", "counter", "", false},
                           Case{"other", "POSTROUTING", "masq", "", false}}) {
    put_expression(add_rule(each.table, each.chain, 1), each.expression, each.target);
    add_rule("nat", "POSTROUTING", 2);
    EXPECT_EQ(masquerades(answered(), {Family::kIp4, "nat"}), each.expected)
        << each.table << " " << each.chain << " " << each.expression;
  }
}

/// As the kernel tells a rule, with something of its own in each expression.
void put_parts(net::NetlinkMessage& message, const std::vector<Expression>& expressions) {
  const auto put = [&](int type, const Bytes& bytes) {
    message.put(type, bytes.data(), bytes.size());
  };
  const auto put_expression_of = [&](const Expression& expression) {
    message.put(NFTA_EXPR_NAME, std::string_view(expression.name));
    message.nest(NFTA_EXPR_DATA, [&] {
      message.put_u32(99, 1);
      for (const auto& [type, bytes] : expression.attributes) put(type, bytes);
      for (const auto& each : expression.data) {
        message.nest(each.first, [&] {
          if (!expression.is_verdict) return put(NFTA_DATA_VALUE, each.second);
          message.nest(NFTA_DATA_VERDICT, [&] {
            put(NFTA_VERDICT_CODE, each.second);
            if (!expression.chain.empty())
              message.put(NFTA_VERDICT_CHAIN, std::string_view(expression.chain));
          });
        });
      }
    });
  };
  message.nest(NFTA_RULE_EXPRESSIONS, [&] {
    for (const Expression& each : expressions)
      message.nest(NFTA_LIST_ELEM, [&] { put_expression_of(each); });
  });
}

void put_rule(net::NetlinkMessage& message, const Rule& rule) {
  put_parts(message, rule.expressions());
}

/// As iptables-nft and nft make them: expressions by name, of iptables' the match or target as
/// well.
void put_expressions(net::NetlinkMessage& rule,
                     const std::vector<std::pair<std::string, std::string>>& expressions) {
  const auto put_verdict = [&](std::int32_t code, const std::string& chain) {
    rule.nest(NFTA_IMMEDIATE_DATA, [&] {
      rule.nest(NFTA_DATA_VERDICT, [&] {
        rule.put_u32(NFTA_VERDICT_CODE, htonl(static_cast<std::uint32_t>(code)));
        if (!chain.empty()) rule.put(NFTA_VERDICT_CHAIN, std::string_view(chain));
      });
    });
  };
  const std::map<std::string, std::int32_t> verdicts{{"accept", NF_ACCEPT},
                                                     {"drop", NF_DROP},
                                                     {"return", NFT_RETURN},
                                                     {"jump", NFT_JUMP},
                                                     {"goto", NFT_GOTO}};
  rule.nest(NFTA_RULE_EXPRESSIONS, [&] {
    for (const auto& each : expressions) {
      const std::string &name = each.first, &what = each.second;
      rule.nest(NFTA_LIST_ELEM, [&] {
        const auto verdict = verdicts.find(name);
        const bool is_verdict = verdict != verdicts.end();
        rule.put(NFTA_EXPR_NAME, std::string_view(is_verdict ? "immediate" : name));
        rule.nest(NFTA_EXPR_DATA, [&] {
          if (is_verdict) return put_verdict(verdict->second, what);
          rule.put(NFTA_TARGET_NAME, std::string_view(what));  // or NFTA_MATCH_NAME
          if (what == "comment") rule.put(NFTA_MATCH_INFO, std::string_view("mine"));
        });
      });
    }
  });
}

// Catches: an accept of ours that stands before a drop of others, or behind one of everything.
TEST_F(NftQuery, WhatRulesDo) {
  const auto effect_of = [&](const std::vector<std::pair<std::string, std::string>>& expressions) {
    put_expressions(add_rule("filter", "FORWARD", 1), expressions);
    return list_rules(answered(), {kFilter, "FORWARD"}).at(0);
  };
  const std::pair<std::string, std::string> counter{"counter", ""}, cmp{"cmp", ""},
      remark{"match", "comment"}, mark{"match", "mark"}, log{"target", "LOG"};
  EXPECT_EQ(effect_of({counter, {"drop", ""}}).effect, Effect::kRefusesAll);
  EXPECT_EQ(effect_of({{"log", ""}, {"reject", ""}}).effect, Effect::kRefusesAll);
  EXPECT_EQ(effect_of({remark, counter, {"target", "REJECT"}}).effect, Effect::kRefusesAll);
  EXPECT_EQ(effect_of({cmp, counter, {"drop", ""}}).effect, Effect::kDecides);
  EXPECT_EQ(effect_of({cmp, {"reject", ""}}).effect, Effect::kDecides);
  EXPECT_EQ(effect_of({mark, counter, {"target", "REJECT"}}).effect, Effect::kDecides);
  EXPECT_EQ(effect_of({{"return", ""}}).effect, Effect::kDecides);
  EXPECT_EQ(effect_of({counter, {"target", "NFQUEUE"}}).effect, Effect::kDecides);
  EXPECT_EQ(effect_of({cmp, counter, {"accept", ""}}).effect, Effect::kPasses);
  EXPECT_EQ(effect_of({{"limit", ""}, counter, log}).effect, Effect::kGoesOn);
  EXPECT_EQ(effect_of({counter}).effect, Effect::kGoesOn);
  for (const char* verdict : {"jump", "goto"}) {
    const RuleId jump = effect_of({counter, {verdict, "POLICY"}});
    EXPECT_EQ(jump.effect, Effect::kJumps);
    EXPECT_EQ(jump.target, "POLICY");
    EXPECT_EQ(effect_of({cmp, {verdict, "POLICY"}}).effect, Effect::kDecides);
  }
  EXPECT_EQ(effect_of({remark, counter, {"accept", ""}}).comment, "mine");
}

// Catches: rules of ours that iptables-restore has made taken for others.
TEST_F(NftQuery, RulesAreKnownAsIptablesMakesThem) {
  const auto known = [&](const Bytes& name) {
    net::NetlinkMessage& message = add_rule("filter", "FORWARD", 1);
    Rule rule;
    rule.in_interface("azure2").accept();
    std::vector<Expression> parts = rule.expressions();
    parts[1].data[0].second = name;
    parts.insert(parts.begin() + 2, Expression{"counter", {}, {}});
    put_parts(message, parts);
    return list_rules(answered(), {kFilter, "FORWARD"}, {Rule().in_interface("azure2").accept()})
        .at(0)
        .known.has_value();
  };
  EXPECT_TRUE(known({'a', 'z', 'u', 'r', 'e', '2', 0})) << "with its NUL alone";
  EXPECT_FALSE(known({'a', 'z', 'u', 'r', 'e', '2'})) << "a prefix: azure21, too";
  EXPECT_FALSE(known({'a', 'z', 'u', 'r', 'e', '3', 0}));
}

// Catches: a table that somebody changed taken for whole, and a whole one made anew at each ADD.
TEST_F(NftQuery, WhetherATableHasItsRules) {
  using Rules = std::vector<std::pair<std::string, Rule>>;
  const Rule guard = Rule().in_group(7, 0xf).drop(), masquerade = Rule().was_dnated().masquerade();
  const Rules wanted{{"guard", guard}, {"post", masquerade}, {"guard", Rule().accept()}};
  const auto has = [&](const Rules& found, const char* table = "filter") {
    for (const auto& [chain, rule] : found) put_rule(add_rule(table, chain.c_str(), 1), rule);
    return has_rules(answered(), kFilter, wanted);
  };
  EXPECT_TRUE(has(wanted));
  EXPECT_TRUE(has({{"post", masquerade}, {"guard", guard}, {"guard", Rule().accept()}}));
  EXPECT_TRUE(
      has({{"mine", guard}, {"guard", guard}, {"guard", Rule().accept()}, {"post", masquerade}}))
      << "another chain is somebody's own";
  EXPECT_FALSE(has({}));
  EXPECT_FALSE(has(wanted, "other"));
  EXPECT_FALSE(has({{"guard", Rule().accept()}, {"guard", guard}, {"post", masquerade}}));
  EXPECT_FALSE(has({{"guard", guard}, {"post", masquerade}}));
  Rules more = wanted;
  more.push_back({"post", masquerade});
  EXPECT_FALSE(has(more));
  for (const Rule& other : {Rule().in_group(8, 0xf).drop(), Rule().in_group(7, 0xf).accept(),
                            Rule().in_group(7, 0xf), Rule().in_group(7, 0xf).drop().drop(),
                            Rule().drop(), Rule().in_group(7, 0xf).go_to("post")})
    EXPECT_FALSE(has({{"guard", other}, {"post", masquerade}, {"guard", Rule().accept()}}));
}

// Catches: an element of another value taken for ours, and one of a set taken for none.
TEST_F(NftQuery, AnElement) {
  const auto found = [&](const Bytes& value, const Bytes& userdata = {}) {
    net::NetlinkMessage& list = add(NFT_MSG_NEWSETELEM);
    list.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
      list.nest(NFTA_LIST_ELEM, [&] {
        list.put_u32(NFTA_SET_ELEM_FLAGS, 0);
        list.put(NFTA_SET_ELEM_USERDATA, userdata.data(), userdata.size());
        if (value.empty()) return;
        list.nest(NFTA_SET_ELEM_DATA,
                  [&] { list.put(NFTA_DATA_VALUE, value.data(), value.size()); });
      });
    });
    return find_element(answered(), kFilter, "pods4", {10, 0, 0, 5});
  };
  EXPECT_EQ(found({2, 0, 0, 0, 0, 1})->value, (Bytes{2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(found({})->value, Bytes{});
  EXPECT_EQ(found({})->comment, "");
  EXPECT_EQ(found({}, {0, 3, 'm', 'e', 0})->comment, "me");
  EXPECT_EQ(found({}, {1, 4, 0, 0, 0, 1, 0, 3, 'm', 'e', 0})->comment, "me") << "behind flags";
  for (const Bytes& damaged : {Bytes{0}, Bytes{0, 0, 0}, Bytes{0, 200, 'm', 0}})
    EXPECT_EQ(found({}, damaged)->comment, "");
  wire_.fail_next(ENOENT);
  EXPECT_EQ(find_element(netlink_, kFilter, "pods4", {10, 0, 0, 5}), std::nullopt);
}

TEST_F(NftQuery, ElementsOfAMap) {
  net::NetlinkMessage& list = add(NFT_MSG_NEWSETELEM);
  const auto put_value = [&](int type, const Bytes& bytes) {
    list.nest(type, [&] { list.put(NFTA_DATA_VALUE, bytes.data(), bytes.size()); });
  };
  list.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    list.nest(NFTA_LIST_ELEM, [&] {
      put_value(NFTA_SET_ELEM_KEY, {10, 0, 0, 5});
      put_value(NFTA_SET_ELEM_DATA, {2, 0, 0, 0, 0, 1});
    });
    list.nest(NFTA_LIST_ELEM, [&] { put_value(NFTA_SET_ELEM_KEY, {10, 0, 0, 6}); });
  });
  EXPECT_THAT(list_elements(answered(), kFilter, "pods4"),
              ElementsAre(Entry{{10, 0, 0, 5}, {2, 0, 0, 0, 0, 1}}, Entry{{10, 0, 0, 6}}));
}

// Catches: a set that lost a prefix, or got one, taken for whole.
TEST_F(NftQuery, WhetherASetHasItsContents) {
  Ruleset ruleset{kFilter};
  ruleset.sets = {{"hosts", {Type::kIp4}}};
  ruleset.contents = {
      {ruleset.sets[0], {test::prefix("10.0.0.5/32"), test::prefix("10.0.0.4/32")}}};
  const auto with = [&](const std::vector<Bytes>& keys) {
    const std::uint32_t one = htonl(1);
    add(NFT_MSG_NEWTABLE).put(NFTA_TABLE_USE, &one, sizeof one);
    answered();
    wire_.answer_next({});  // no rules
    net::NetlinkMessage& list = add(NFT_MSG_NEWSETELEM);
    list.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
      for (const Bytes& key : keys) {
        list.nest(NFTA_LIST_ELEM, [&] {
          list.nest(NFTA_SET_ELEM_KEY, [&] { list.put(NFTA_DATA_VALUE, key.data(), key.size()); });
        });
      }
    });
    return is_there(answered(), ruleset);
  };
  EXPECT_TRUE(with({{10, 0, 0, 4}, {10, 0, 0, 5}}));
  EXPECT_TRUE(with({{10, 0, 0, 5}, {10, 0, 0, 4}}));
  EXPECT_FALSE(with({{10, 0, 0, 4}}));
  EXPECT_FALSE(with({{10, 0, 0, 4}, {10, 0, 0, 5}, {10, 0, 0, 6}}));
}

// Catches: a table of which somebody changed the policy, the hook or the type of a chain, or put
// something into it, or which is dormant, taken for whole.
TEST_F(NftQuery, WhetherATableIsWhole) {
  Ruleset ruleset{kFilter};
  ruleset.chains = {{"post", Hook::kPostrouting, 110, ChainType::kNat}};
  struct Found {
    std::uint32_t use = 1, flags = 0, hook = 4, priority = 110, policy = NF_ACCEPT;
    std::string_view type = "nat";
  };
  const auto is_whole = [&](const Found& found) {
    const auto put = [](net::NetlinkMessage& to, int type, std::uint32_t value) {
      to.put_u32(type, htonl(value));
    };
    net::NetlinkMessage& table = add(NFT_MSG_NEWTABLE);
    put(table, NFTA_TABLE_USE, found.use);
    put(table, NFTA_TABLE_FLAGS, found.flags);
    answered();
    if (found.use != 1 || found.flags != 0) return is_there(netlink_, ruleset);
    net::NetlinkMessage& chain = add(NFT_MSG_NEWCHAIN);
    chain.nest(NFTA_CHAIN_HOOK, [&] {
      put(chain, NFTA_HOOK_HOOKNUM, found.hook);
      put(chain, NFTA_HOOK_PRIORITY, found.priority);
    });
    put(chain, NFTA_CHAIN_POLICY, found.policy);
    chain.put(NFTA_CHAIN_TYPE, found.type);
    return is_there(answered(), ruleset);  // without rules
  };
  EXPECT_TRUE(is_whole({}));
  EXPECT_FALSE(is_whole({.use = 2})) << "somebody's own";
  EXPECT_FALSE(is_whole({.flags = NFT_TABLE_F_DORMANT}));
  EXPECT_FALSE(is_whole({.hook = 0}));
  EXPECT_FALSE(is_whole({.priority = 109}));
  EXPECT_FALSE(is_whole({.policy = NF_DROP}));
  EXPECT_FALSE(is_whole({.type = "filter"}));
  EXPECT_FALSE(is_whole({.type = "route"}));
}

// Catches: a kernel without nf_tables that keeps containers from being attached.
TEST_F(NftQuery, OfAKernelWithoutThemFindsNothing) {
  for (int i = 0; i < 5; ++i) wire_.fail_next(EOPNOTSUPP);
  EXPECT_THAT(list_tables(netlink_), IsEmpty());
  EXPECT_THAT(list_chains(netlink_), IsEmpty());
  EXPECT_THAT(list_rules(netlink_, {kFilter, "FORWARD"}), IsEmpty());
  EXPECT_FALSE(masquerades(netlink_, kFilter));
  EXPECT_THAT(list_elements(netlink_, kFilter, "pods4"), IsEmpty());
}

}  // namespace
}  // namespace azcni::network::nft
