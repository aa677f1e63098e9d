// When azure-vnet-ipam asks for the node's addresses, how long it waits, and what a failure leaves.

#include "azure-vnet-ipam/refresh.h"

#include <gmock/gmock.h>

#include "azcni/base/file.h"
#include "azcni/base/log.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::vnet_ipam {
namespace {

using std::chrono::microseconds, std::chrono::milliseconds, std::chrono::seconds;
using testing::ElementsAre, testing::IsEmpty;

using Addresses = std::vector<std::string>;

constexpr microseconds kTick{1};

/// A node whose clock stands, and a server that answers at once.
class RefreshTest : public ::testing::Test {
 protected:
  RefreshTest() {
    config_.interval = seconds(10);
    config_.timeout = seconds(9);
    answer({"10.0.0.4"});
  }

  void answer(const Addresses& addresses) {
    ipam::SubnetMetadata subnet{*net::parse_prefix("10.0.0.0/24"), {}};
    for (const std::string& each : addresses) subnet.addresses.push_back(*net::parse_ip(each));
    metadata_.nics = {{mac_, true, {subnet}}};
  }

  /// The pool is on record.
  void know(const Addresses& addresses) {
    context_.leases.update({{"eth0", true, *net::parse_prefix("10.0.0.0/24"), addresses}}, false);
  }

  /// So is a query.
  void record(const Query& query) { queries().put("server", query); }
  Query recorded() const { return queries().find("server").value_or(Query{}); }

  MetadataSource source() {
    return {"server",
            [this](milliseconds limit) {
              limits_.push_back(limit);
              if (fetching_) fetching_();
              if (!failure_.empty()) throw Error(ErrorCode::kMetadata, failure_);
              return metadata_;
            },
            [this] {
              return std::vector<net::Interface>{{"eth0", mac_, 2, ""}};
            }};
  }
  Refresh refresh() {
    return Refresh(config_, source(), context_, [this] { return now_; });
  }

  static Addresses addresses_of(const std::vector<ipam::Pool>& pools) {
    Addresses addresses;
    for (const ipam::Pool& pool : pools)
      addresses.insert(addresses.end(), pool.addresses.begin(), pool.addresses.end());
    return addresses;
  }
  Addresses current() { return addresses_of(refresh().current_pools({})); }
  Addresses polled() { return addresses_of(refresh().polled_pools({})); }
  std::string failure_of_current() {
    return test::failure_of([&] { current(); });
  }
  std::string failure_of_polled() {
    return test::failure_of([&] { polled(); });
  }

  const net::MacAddress mac_ = *net::parse_mac("000d3a000001");
  const test::TemporaryFolder folder_;
  Context context_{folder_ / "data"};
  Config config_;
  microseconds now_ = context_.began;
  ipam::Metadata metadata_;           ///< that the server has
  std::string failure_;               ///< instead
  std::function<void()> fetching_;    ///< meanwhile
  std::vector<milliseconds> limits_;  ///< of the queries that were made

 private:
  store::Records<Query> queries() const { return queries_of(context_); }
};

// Catches: a query for each pod, and addresses that a node is given and never learns of.
TEST_F(RefreshTest, AsksOnceAnInterval) {
  know({"10.0.0.4"});
  answer({"10.0.0.4", "10.0.0.5"});
  EXPECT_THAT(current(), ElementsAre("10.0.0.4", "10.0.0.5")) << "nobody has asked before";
  answer({"10.0.0.6"});
  now_ += config_.interval - kTick;
  EXPECT_THAT(current(), ElementsAre("10.0.0.4", "10.0.0.5"));
  EXPECT_EQ(limits_.size(), 1U);
  now_ += kTick;
  EXPECT_THAT(current(), ElementsAre("10.0.0.6"));
  EXPECT_EQ(limits_.size(), 2U);
  config_.interval = seconds(0);
  current();
  EXPECT_EQ(limits_.size(), 3U) << "each time";
}

// Catches: a pod that waits for what it does not need, and one that does not for what it needs
// (docs/adr/0004).
TEST_F(RefreshTest, IsPatientWhereItIsNeeded) {
  current();
  EXPECT_EQ(limits_.back(), config_.timeout) << "there are no pools";
  now_ += config_.interval;
  current();
  EXPECT_EQ(limits_.back(), milliseconds(250)) << "an address is waiting";
  context_.leases.allocate(context_.leases.pools(), {"abc", "eth0"}, "azure", {}, {});
  now_ += config_.interval;
  current();
  EXPECT_EQ(limits_.back(), config_.timeout) << "none is free";
  answer({"10.0.0.4", "10.0.0.5"});
  now_ += config_.interval;
  current();
  config_.timeout = milliseconds(100);
  now_ += config_.interval;
  current();
  EXPECT_EQ(limits_.back(), milliseconds(100)) << "never longer than is configured";
}

// Catches: pods that fail, or pools that are emptied, by a server that is down or not the node's;
// and one that each pod asks again.
TEST_F(RefreshTest, KeepsThePoolsWhereAQueryFails) {
  know({"10.0.0.4"});
  failure_ = "refused";
  fetching_ = [&] { now_ += seconds(2); };
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_EQ(recorded().failure, "refused");
  EXPECT_EQ(recorded().at, now_) << "the interval begins with its end";
  now_ += config_.interval - kTick;
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_EQ(limits_.size(), 1U);

  failure_ = {};
  metadata_.nics.front().mac = net::parse_mac("000d3a000002");
  now_ += kTick;
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_EQ(recorded().failure, "no MAC address of the metadata is one of this machine's NICs");
}

// Catches: a failure that is told to nobody, or for ever.
TEST_F(RefreshTest, RecordsWhatAQueryCameTo) {
  failure_ = "of \xff";
  EXPECT_EQ(failure_of_current(), "104 of \xff") << "there is nothing to fall back on";
  EXPECT_EQ(recorded().failure, "of \xEF\xBF\xBD") << "JSON holds UTF-8 only";
  failure_ = {};
  metadata_.skipped = "a block";
  now_ = context_.began + config_.interval;
  record({context_.began - kTick, "refused", ""});
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_EQ(recorded().failure, "");
  EXPECT_EQ(recorded().skipped, "a block");
  EXPECT_EQ(recorded().at, now_);
}

// Catches: a node whose pods wait one after the other for a server that is down; and one that does
// not recover until the interval is over.
TEST_F(RefreshTest, WithoutPoolsSharesTheQueryThatItWaitedFor) {
  record({context_.began, "refused", ""});
  EXPECT_EQ(failure_of_current(), "104 refused");
  record({context_.began, "", ""});
  EXPECT_THAT(current(), IsEmpty());
  EXPECT_THAT(limits_, IsEmpty()) << "it was made for all who waited";
  record({context_.began - kTick, "refused", ""});
  EXPECT_THAT(current(), ElementsAre("10.0.0.4")) << "a new ADD tries for itself";
}

// Catches: a runtime's STATUS a second that is a query a second, and a node with pools that is
// called broken.
TEST_F(RefreshTest, PolledAsksOnceAnIntervalEvenWithoutPools) {
  record({context_.began - kTick, "refused", ""});
  failure_ = "refused again";
  EXPECT_EQ(failure_of_polled(), "104 refused");
  EXPECT_THAT(limits_, IsEmpty());
  now_ += config_.interval;
  EXPECT_EQ(failure_of_polled(), "104 refused again");
  EXPECT_EQ(limits_.size(), 1U);
  know({"10.0.0.4"});
  EXPECT_THAT(polled(), ElementsAre("10.0.0.4"));
  EXPECT_EQ(limits_.size(), 1U);
}

// Catches: a warning with each query about an entry that stays as it is.
TEST_F(RefreshTest, TellsOnceWhatItSkips) {
  log::open({folder_ / "log", log::Level::kInfo, "ADD", "abc"});
  const auto times_told = [&](const std::string& skipped) {
    metadata_.skipped = skipped;
    for (int i = 0; i < 2; ++i) {
      current();
      now_ += config_.interval;
    }
    const std::string text = file::read(folder_ / "log", 1 << 20).value_or("");
    const std::string line = "answer of server: " + skipped + "\n";
    int times = 0;
    for (std::size_t at = 0; (at = text.find(line, at)) != std::string::npos; at += line.size())
      ++times;
    return times;
  };
  EXPECT_EQ(times_told("a block"), 1);
  EXPECT_EQ(times_told("another block"), 1);
  EXPECT_EQ(times_told("a block"), 2) << "it is news again";
  EXPECT_EQ(times_told(""), 0);
}

// Catches: two processes that ask at once, and pods that queue for a slow server with the store.
TEST_F(RefreshTest, HoldsTheLockOfQueriesAndNoOther) {
  const auto is_held = [&](const std::string& name) {
    return !FileLock::try_for(folder_ / ("data/" + name));
  };
  fetching_ = [&] {
    EXPECT_TRUE(is_held("query.lock"));
    EXPECT_FALSE(is_held("lock"));
  };
  current();
  EXPECT_FALSE(is_held("query.lock"));
  now_ += config_.interval;
  current();
  EXPECT_FALSE(is_held("query.lock"));
  now_ += config_.interval;
  failure_ = "refused";
  current();
  EXPECT_FALSE(is_held("query.lock"));
  EXPECT_EQ(limits_.size(), 3U);
}

// Catches: a pod that waits for another one's query while an address is there for it.
TEST_F(RefreshTest, WithPoolsWaitsForNobody) {
  know({"10.0.0.4"});
  const auto held = FileLock::try_for(folder_ / "data/query.lock");
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_THAT(limits_, IsEmpty());
}

// Catches: a second query by one who found it due just before the first was made.
TEST_F(RefreshTest, LooksAgainOnceItHasTheLock) {
  know({"10.0.0.4"});
  record({now_ - config_.interval, "", ""});
  const Clock now_somebody_asks = [&] {
    know({"10.0.0.5"});
    record({now_, "", ""});
    return now_;
  };
  Refresh late(config_, source(), context_, now_somebody_asks);
  EXPECT_THAT(addresses_of(late.current_pools({})), ElementsAre("10.0.0.5"));
  EXPECT_THAT(limits_, IsEmpty());
}

// Catches: a query of Azure by a node that is told to make none.
TEST_F(RefreshTest, OfNoSourceAsksNobody) {
  config_.source = Source::kNone;
  EXPECT_THAT(current(), IsEmpty());
  EXPECT_THAT(polled(), IsEmpty());
  know({"10.0.0.4"});
  EXPECT_THAT(current(), ElementsAre("10.0.0.4"));
  EXPECT_THAT(limits_, IsEmpty());
}

// Catches: one source asked for the other, or two that share a record.
TEST(MetadataSourceTest, IsTheOneThatIsConfigured) {
  const auto of = [](const std::string& ipam) {
    return metadata_source(parse_config(test::request_of(R"({"ipam":)" + ipam + "}")));
  };
  EXPECT_EQ(of(R"({"queryUrl":"http://10.0.0.1/x"})").name, "http://10.0.0.1/x");
  const MetadataSource stack = of(R"({"environment":"mas","file":"/nonexistent/x.json"})");
  EXPECT_EQ(stack.name, "/nonexistent/x.json");
  const std::string failure = test::failure_of([&] { stack.fetch(milliseconds(1)); });
  EXPECT_EQ(failure.substr(0, 4), "104 ");
  EXPECT_NE(failure.find("/nonexistent/x.json"), std::string::npos) << failure;
}

}  // namespace
}  // namespace azcni::vnet_ipam
