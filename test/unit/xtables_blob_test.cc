// Tables of iptables-legacy, their bytes made by hand.

#include "xtables_blob.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace azcni::network::xtables {
namespace {

/// Where an entry of the kernel's has what: of ipt_entry and ip6t_entry.
struct Offsets {
  std::uint16_t in_name, out_name, in_mask, out_mask, target_offset, comefrom, packets, end;
};
template <typename Kind>
constexpr Offsets kAt{};
template <>
constexpr Offsets kAt<Ip4>{16, 32, 48, 64, 88, 92, 96, 112};
template <>
constexpr Offsets kAt<Ip6>{64, 80, 96, 112, 140, 144, 152, 168};

constexpr std::uint16_t kTarget = 40, kVerdict = 32;  // of the standard target
constexpr int kAccept = -2, kDrop = -1, kReturn = -5;
constexpr unsigned kUnused = 0xffffffff;

template <typename T>
void put(Bytes& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// An entry that every packet fits.
template <typename Kind>
Bytes entry(int verdict) {
  Bytes bytes(kAt<Kind>.end + kTarget);
  put(bytes, kAt<Kind>.target_offset, kAt<Kind>.end);
  put(bytes, kAt<Kind>.target_offset + 2U, static_cast<std::uint16_t>(bytes.size()));
  put(bytes, kAt<Kind>.end, kTarget);
  put(bytes, kAt<Kind>.end + kVerdict, verdict);
  return bytes;
}

/// The head of a chain of users, and the end of a table: a target that has a name.
template <typename Kind>
Bytes error_entry(const std::string& chain) {
  constexpr std::uint16_t kErrorTarget = 64;
  Bytes bytes(kAt<Kind>.end + kErrorTarget);
  put(bytes, kAt<Kind>.target_offset, kAt<Kind>.end);
  put(bytes, kAt<Kind>.target_offset + 2U, static_cast<std::uint16_t>(bytes.size()));
  put(bytes, kAt<Kind>.end, kErrorTarget);
  std::memcpy(bytes.data() + kAt<Kind>.end + 2, "ERROR", 5);
  std::memcpy(bytes.data() + kAt<Kind>.end + 32, chain.data(), chain.size());
  return bytes;
}

template <typename Kind>
struct Table {
  typename Kind::Info info{};
  Bytes entries;

  unsigned add(const Bytes& entry) {
    const std::size_t at = entries.size();
    entries.insert(entries.end(), entry.begin(), entry.end());
    info.size = static_cast<unsigned>(entries.size());
    ++info.num_entries;
    return static_cast<unsigned>(at);
  }
};

/// With a target that has a name, and room for what it is told.
template <typename Kind>
Bytes named_entry(const std::string& target) {
  Bytes bytes = entry<Kind>(0);
  std::memcpy(bytes.data() + kAt<Kind>.end + 2, target.data(), target.size());
  return bytes;
}

/// Table filter: FORWARD begins with `rules`, jumps to a chain of users that has `mine`, and ends
/// with `last`; its policy is DROP.
template <typename Kind>
Table<Kind> filter(const std::vector<Bytes>& rules, const std::vector<Bytes>& last = {},
                   const std::vector<Bytes>& mine = {}) {
  Table<Kind> table;
  std::memcpy(table.info.name, "filter", 6);
  table.info.valid_hooks = 0b1110;
  for (const unsigned hook : {0U, 4U})
    table.info.hook_entry[hook] = table.info.underflow[hook] = kUnused;
  table.info.hook_entry[1] = table.info.underflow[1] = table.add(entry<Kind>(kAccept));
  table.info.hook_entry[2] = static_cast<unsigned>(table.entries.size());
  for (const Bytes& rule : rules) table.add(rule);
  const unsigned jump = table.add(entry<Kind>(0));
  for (const Bytes& rule : last) table.add(rule);
  table.info.underflow[2] = table.add(entry<Kind>(kDrop));
  table.info.hook_entry[3] = table.info.underflow[3] = table.add(entry<Kind>(kAccept));
  table.add(error_entry<Kind>("MINE"));
  put(table.entries, jump + kAt<Kind>.end + kVerdict, static_cast<int>(table.entries.size()));
  for (const Bytes& rule : mine) table.add(rule);
  table.add(entry<Kind>(kReturn));
  table.add(error_entry<Kind>("ERROR"));
  return table;
}

template <typename Kind>
void expect_same(const Blob<Kind>& blob, const Table<Kind>& table) {
  std::vector<xt_counters> counters;
  const Bytes message = blob.replacement(counters);
  typename Kind::Replace head{};
  ASSERT_GE(message.size(), sizeof head);
  std::memcpy(&head, message.data(), sizeof head);
  EXPECT_STREQ(head.name, "filter");
  EXPECT_EQ(head.valid_hooks, table.info.valid_hooks);
  EXPECT_EQ(head.num_entries, table.info.num_entries);
  EXPECT_EQ(head.size, table.entries.size());
  for (unsigned hook = 1; hook <= 3; ++hook) {
    EXPECT_EQ(head.hook_entry[hook], table.info.hook_entry[hook]) << hook;
    EXPECT_EQ(head.underflow[hook], table.info.underflow[hook]) << hook;
  }
  EXPECT_EQ(Bytes(message.begin() + sizeof head, message.end()), table.entries);
}

template <typename Kind>
class XtablesBlob : public ::testing::Test {
 protected:
  const Links links_{"azv", true};
  const Bytes rule_ = accept_rule<Kind>(links_, true);
};

using Kinds = ::testing::Types<Ip4, Ip6>;
TYPED_TEST_SUITE(XtablesBlob, Kinds);

// Catches: a rule that other interfaces fit, or that iptables shows as another one.
TYPED_TEST(XtablesBlob, ARuleIsAboutInterfacesByName) {
  const Offsets at = kAt<TypeParam>;
  Bytes begins_so = entry<TypeParam>(kAccept);
  std::memcpy(begins_so.data() + at.in_name, "azv", 3);
  std::memset(begins_so.data() + at.in_mask, 0xff, 3);
  EXPECT_EQ(accept_rule<TypeParam>({"azv", true}, true), begins_so);
  Bytes is_it = entry<TypeParam>(kAccept);
  std::memcpy(is_it.data() + at.out_name, "azure2", 6);
  std::memset(is_it.data() + at.out_mask, 0xff, 7);
  EXPECT_EQ(accept_rule<TypeParam>({"azure2", false}, false), is_it);
}

// Catches: the policy of another chain taken for that of FORWARD.
TYPED_TEST(XtablesBlob, HasAPolicy) {
  Table<TypeParam> table = filter<TypeParam>({});
  EXPECT_TRUE(Blob<TypeParam>(table.info, table.entries).forward_drops());
  put(table.entries, table.info.underflow[2] + kAt<TypeParam>.end + kVerdict, kAccept);
  EXPECT_FALSE(Blob<TypeParam>(table.info, table.entries).forward_drops());
}

TYPED_TEST(XtablesBlob, HasNamesOfTargets) {
  const Table<TypeParam> table = filter<TypeParam>({});
  const Blob<TypeParam> blob(table.info, table.entries);
  EXPECT_TRUE(blob.contains("ERROR"));
  EXPECT_FALSE(blob.contains("MASQUERADE"));
}

// Catches: hooks, policies or jumps that lead to where things were before, and policies of others
// that come behind our accept.
TYPED_TEST(XtablesBlob, ARuleIsPutBehindTheOthersOfForward) {
  const Bytes other = accept_rule<TypeParam>({"azure2", false}, false);
  const Table<TypeParam> before = filter<TypeParam>({other});
  Blob<TypeParam> blob(before.info, before.entries);
  EXPECT_FALSE(blob.is_last(this->rule_));
  blob.insert(this->rule_);
  expect_same(blob, filter<TypeParam>({other}, {this->rule_}));
  EXPECT_TRUE(blob.is_last(this->rule_));
}

// Catches: an accept behind what drops all, where no packet comes.
TYPED_TEST(XtablesBlob, ARuleIsPutBeforeWhatRefusesAll) {
  const Bytes log = named_entry<TypeParam>("LOG");
  for (const Bytes& refusal : {entry<TypeParam>(kDrop), named_entry<TypeParam>("REJECT")}) {
    for (const std::vector<Bytes>& dead : {std::vector<Bytes>{}, {log}}) {
      std::vector<Bytes> last{log, refusal};
      last.insert(last.end(), dead.begin(), dead.end());
      const Table<TypeParam> before = filter<TypeParam>({}, last);
      Blob<TypeParam> blob(before.info, before.entries);
      blob.insert(this->rule_);
      last.insert(last.begin() + 1, this->rule_);
      expect_same(blob, filter<TypeParam>({}, last));
      EXPECT_TRUE(blob.is_last(this->rule_));
    }
    const Table<TypeParam> logdrop = filter<TypeParam>({}, {}, {log, refusal});
    Blob<TypeParam> blob(logdrop.info, logdrop.entries);
    blob.insert(this->rule_);
    expect_same(blob, filter<TypeParam>({this->rule_}, {}, {log, refusal}));
  }
}

// Catches: a drop of others that is overruled since it came later, or since it is of some packets.
TYPED_TEST(XtablesBlob, ARuleIsLastIfOnlyAcceptsAreBehindIt) {
  const auto is_last = [&](const std::vector<Bytes>& last, const std::vector<Bytes>& mine = {}) {
    const Table<TypeParam> table = filter<TypeParam>({}, last, mine);
    return Blob<TypeParam>(table.info, table.entries).is_last(this->rule_);
  };
  const Bytes accept = accept_rule<TypeParam>({"azure2", false}, false);
  Bytes drop_some = accept;
  put(drop_some, kAt<TypeParam>.end + kVerdict, kDrop);
  const Bytes drop = entry<TypeParam>(kDrop);
  EXPECT_TRUE(is_last({drop_some, this->rule_, accept}));
  EXPECT_TRUE(is_last({this->rule_, named_entry<TypeParam>("MARK"), drop, drop_some}));
  EXPECT_TRUE(is_last({drop, this->rule_})) << "a refusal before our rule is meant";
  EXPECT_FALSE(is_last({this->rule_, drop_some}));
  EXPECT_FALSE(is_last({this->rule_, named_entry<TypeParam>("NFQUEUE")}));
  const Table<TypeParam> first = filter<TypeParam>({this->rule_});
  EXPECT_FALSE(Blob<TypeParam>(first.info, first.entries).is_last(this->rule_)) << "a jump follows";
}

// Catches: a rule doubled that iptables-restore has read, and that keeps the "+".
TYPED_TEST(XtablesBlob, ARuleIsFoundAsIptablesWritesIt) {
  Bytes restored = this->rule_;
  restored[kAt<TypeParam>.in_name + 3U] = '+';
  const Table<TypeParam> table = filter<TypeParam>({restored});
  EXPECT_TRUE(Blob<TypeParam>(table.info, table.entries).find(this->rule_));
}

// Catches: the same, and a chain without rules whose policy is taken for one.
TYPED_TEST(XtablesBlob, ARuleIsTakenAwayAsItCame) {
  const Bytes other = accept_rule<TypeParam>({"azure2", false}, false);
  const Table<TypeParam> table = filter<TypeParam>({other, this->rule_});
  Blob<TypeParam> blob(table.info, table.entries);
  blob.erase(blob.find(this->rule_).value(), this->rule_.size());
  expect_same(blob, filter<TypeParam>({other}));
  blob.erase(blob.find(other).value(), other.size());
  expect_same(blob, filter<TypeParam>({}));
}

// Catches: a rule that is put there once more because packets have met it.
TYPED_TEST(XtablesBlob, ARuleIsFoundWhateverItHasCounted) {
  Bytes used = this->rule_;
  put<std::uint32_t>(used, kAt<TypeParam>.comefrom, 4);
  put<std::uint64_t>(used, kAt<TypeParam>.packets, 17);
  put<std::uint64_t>(used, kAt<TypeParam>.packets + 8U, 1700);
  const Table<TypeParam> table = filter<TypeParam>({used});
  EXPECT_TRUE(Blob<TypeParam>(table.info, table.entries).find(this->rule_));
}

// Catches: a rule of another interface, another direction or another chain taken for ours.
TYPED_TEST(XtablesBlob, ARuleThatIsAnotherIsNotFound) {
  Table<TypeParam> table = filter<TypeParam>({accept_rule<TypeParam>(this->links_, false),
                                              accept_rule<TypeParam>({"azv1", true}, true),
                                              accept_rule<TypeParam>({"azv", false}, true)});
  table.add(this->rule_);
  EXPECT_FALSE(Blob<TypeParam>(table.info, table.entries).find(this->rule_));
}

// Catches: figures of one rule given to another, and rules that lose theirs.
TYPED_TEST(XtablesBlob, EntriesKeepTheirCounters) {
  const Table<TypeParam> table = filter<TypeParam>({this->rule_});
  Blob<TypeParam> blob(table.info, table.entries);
  blob.insert(accept_rule<TypeParam>(this->links_, false));
  blob.erase(blob.find(this->rule_).value(), this->rule_.size());
  std::vector<xt_counters> counters;
  blob.replacement(counters);
  ASSERT_EQ(counters.size(), table.info.num_entries);
  for (std::size_t i = 0; i < counters.size(); ++i) counters[i].pcnt = 100 + i;
  const Bytes message = blob.restoration(counters);
  std::vector<std::uint64_t> packets;
  for (std::size_t at = sizeof(xt_counters_info); at < message.size(); at += sizeof(xt_counters)) {
    packets.push_back(0);
    std::memcpy(&packets.back(), message.data() + at, sizeof packets.back());
  }
  // INPUT's policy, the jump, the new rule; the one that went had 101.
  EXPECT_EQ(packets, (std::vector<std::uint64_t>{100, 102, 0, 103, 104, 105, 106, 107}));
  EXPECT_STREQ(message.data(), "filter");
}

// Catches: a walk without an end, or beyond the end, through entries that make no sense.
TYPED_TEST(XtablesBlob, NonsenseIsNotFollowed) {
  Table<TypeParam> table = filter<TypeParam>({accept_rule<TypeParam>(this->links_, false)});
  put<std::uint16_t>(table.entries, this->rule_.size() + kAt<TypeParam>.target_offset + 2U, 0);
  EXPECT_FALSE(Blob<TypeParam>(table.info, table.entries).find(this->rule_));
  Blob<TypeParam>(table.info, table.entries).insert(this->rule_);
  table.entries.resize(this->rule_.size() + 7);
  const Blob<TypeParam> cut(table.info, table.entries);
  EXPECT_FALSE(cut.find(this->rule_));
  EXPECT_FALSE(cut.forward_drops());
}

}  // namespace
}  // namespace azcni::network::xtables
