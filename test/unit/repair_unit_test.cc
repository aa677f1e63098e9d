// When, and of which attachments, something is put back; on no system at all.

#include <gtest/gtest.h>

#include "azcni/base/file.h"
#include "azure-vnet/rebuild.h"
#include "azure-vnet/record_cache.h"
#include "azure-vnet/repair.h"
#include "fake_backend.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::vnet {
namespace {

/// One attachment, which lacks its route.
class RepairTest : public ::testing::Test {
 protected:
  void SetUp() override {
    context_.nics.put("eth0", {.name = "eth0", .number = 2});
    context_.networks.put("azure", {.spec = {.name = "azure", .master = "eth0"}});
    put_record(true);
    system_->is_whole = true;
    system_->attached = {id_};
    system_->broken = {{id_, {"`ip route add 10.0.0.5/32 dev azv1`"}}};
  }

  void put_record(bool complete) const {
    network::EndpointRecord record;
    record.spec.id = id_;
    record.spec.network = "azure";
    record.complete = complete;
    context_.endpoints.put(id_.key(), record);
  }

  /// As if the last look were long ago.
  void age_look() const {
    auto look = context_.looked.find(kLastLook).value();
    look.at -= std::chrono::seconds(10);
    context_.looked.put(kLastLook, look);
  }

  std::string failure() {
    return test::failure_of([&] { repair_attachments(context_); });
  }

  const network::EndpointId id_{"abc", "eth0"};
  const test::TemporaryFolder folder_;
  test::FakeBackend* const system_ = new test::FakeBackend;  ///< the context's
  Context context_{std::unique_ptr<network::Backend>(system_), folder_ / "data"};
};

// Catches: ADDs that each look at all attachments of the node.
TEST_F(RepairTest, AllAreLookedAtOnceInTheInterval) {
  repair_attachments(context_);
  repair_attachments(context_);
  EXPECT_EQ(system_->restored.size(), 1U);
  age_look();
  repair_attachments(context_);
  EXPECT_EQ(system_->restored.size(), 2U);
}

// Catches: a node that reports itself fine a second after it said what it can't repair.
TEST_F(RepairTest, WhatIsRefusedIsToldUntilTheNextLook) {
  system_->refusal = "another route is there";
  EXPECT_TRUE(failure().ends_with("another route is there"));
  system_->refusal.clear();
  EXPECT_TRUE(failure().ends_with("another route is there"));
  age_look();
  EXPECT_NO_THROW(repair_attachments(context_));
  EXPECT_NO_THROW(repair_attachments(context_));
}

// Catches: a repair that waits for the DEL or the ADD that is at work, or puts back what a DEL just
// removed.
TEST_F(RepairTest, WhatAnotherVerbIsAtWorkOnIsLeftAlone) {
  {
    const auto lock = context_.locks.lock(id_.key());
    repair_attachments(context_);
  }
  EXPECT_TRUE(system_->restored.empty());
  age_look();
  context_.endpoints.erase(id_.key());
  put_record(false);
  repair_attachments(context_);
  EXPECT_TRUE(system_->restored.empty());
}

// Catches: pods that a network's loss cut off while ADDs of another network come.
TEST_F(RepairTest, ANetworkIsPutBackWithItsContainers) {
  system_->is_whole = false;
  repair_attachments(context_);
  ASSERT_EQ(system_->connected.size(), 1U);
  EXPECT_EQ(system_->connected[0].name, "azure");
  EXPECT_TRUE(system_->restored.empty()) << "connect() does that";
}

// Catches: an attachment without a record, which no repair looks at, though all of it can be known.
TEST_F(RepairTest, ADamagedRecordIsRebuiltFromItsLink) {
  repair_attachments(context_);
  age_look();
  file::replace(folder_ / "data/endpoints/abc@eth0.json", "{");
  network::EndpointRecord link;
  link.spec.host_if = "azv1";
  link.spec.host_mac = network::host_mac(id_);
  link.addressing.addresses = {*net::parse_prefix("10.0.0.5/32")};
  system_->links = {link};
  repair_attachments(context_);
  const auto record = context_.endpoints.find(id_.key());
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->complete && record->rebuilt);
  EXPECT_EQ(record->spec.network, "azure");
  EXPECT_EQ(record->spec.host_if, "azv1");
  EXPECT_EQ(record->placement.nic_number, 2U);
  EXPECT_EQ(system_->restored.size(), 2U);
  EXPECT_FALSE(has_damaged_records(context_)) << "it would be rebuilt at each look";
}

// Catches: a record of a container that is gone, kept for good as one that lives.
TEST_F(RepairTest, ADamagedRecordOfWhatIsGoneStaysAside) {
  repair_attachments(context_);
  age_look();
  system_->attached.clear();
  system_->broken.clear();
  file::replace(folder_ / "data/endpoints/abc@eth0.json", "{");
  repair_attachments(context_);
  EXPECT_FALSE(context_.endpoints.find(id_.key()));
}

// Catches: a sweep at each STATUS, and one that takes what an ADD at work has put.
TEST_F(RepairTest, TablesAreSweptOnceInTheInterval) {
  put_record(false);
  sweep_tables(context_);
  sweep_tables(context_);
  EXPECT_EQ(system_->swept_for, std::vector<std::size_t>{1});
  sweep_tables(context_, true);
  EXPECT_EQ(system_->swept_for.size(), 2U);
}

class RecordCache : public RepairTest {
 protected:
  static network::EndpointRecord plain() {
    return {.spec = {{"abc", "eth0"},
                     "azure",
                     "",
                     "azv1",
                     *net::parse_mac("aa:00:00:00:00:01"),
                     *net::parse_mac("ae:00:00:00:00:01")},
            .complete = true,
            .addressing = {.addresses = {*net::parse_prefix("10.0.0.5/24"),
                                         *net::parse_prefix("fd00::5/64")}},
            .placement = {network::Mode::kTunnel, "eth0", 2, "azure2", 1400}};
  }

  /// Of the one attachment, as a look gets it.
  std::string network_of_record() const {
    const auto all = list_for_look(context_);
    return all.empty() ? "" : all.front().spec.network;
  }
};

// Catches: a pod that a look takes for another than its record says.
TEST_F(RecordCache, ALineTellsAllThatTheHostNeeds) {
  const auto read = parse_line(to_line(plain()));
  ASSERT_TRUE(read);
  EXPECT_EQ(Json(*read), Json(plain()));
  auto small = plain();
  small.options.mtu = 1300;
  EXPECT_EQ(mtu_of(parse_line(to_line(small)).value()), 1300U);
  auto with_ports = plain(), limited = plain(), half = plain(), legacy = plain(), old = plain();
  with_ports.options.ports = {{8080, 80, "tcp", ""}};
  limited.options.to_container = {8000000, 0};
  half.complete = false;
  legacy.legacy = true;
  old.placement = {};
  for (const auto& each : {with_ports, limited, half, legacy, old}) EXPECT_EQ(to_line(each), "");
  EXPECT_FALSE(parse_line("abc\teth0"));
  EXPECT_FALSE(parse_line(to_line(plain()) + "\tmore"));
}

// Catches: a look by what a record was before.
TEST_F(RecordCache, ARecordThatWasReplacedIsReadAgain) {
  context_.endpoints.put("abc@eth0", plain());
  EXPECT_EQ(network_of_record(), "azure");
  EXPECT_EQ(network_of_record(), "azure");
  auto other = plain();
  other.spec.network = "other";
  context_.endpoints.put("abc@eth0", other);
  EXPECT_EQ(network_of_record(), "other");
  file::replace(context_.store.path_of("looked/records"), "abc@eth0\tx\ty\n\n\t");
  EXPECT_EQ(network_of_record(), "other");
  context_.endpoints.erase("abc@eth0");
  EXPECT_EQ(network_of_record(), "");
  put_record(false);
  EXPECT_EQ(network_of_record(), "") << "half made";
}

}  // namespace
}  // namespace azcni::vnet
