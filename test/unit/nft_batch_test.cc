#include "nft/batch.h"

#include <gtest/gtest.h>

namespace azcni::network::nft {
namespace {

// Catches: a table that is never whole, since its rules are counted otherwise than they are made.
TEST(NftBatch, CountsItsRules) {
  Batch batch({Family::kInet, "azure_vnet_azure"});
  EXPECT_EQ(batch.rule_count(), 0U);
  batch.add_table().add_chain("postrouting", Hook::kPostrouting, 110, ChainType::kNat);
  batch.flush_rules().delete_rule("postrouting", 17);
  batch.add_element("pods4", {10, 240, 1, 5}, {2, 0, 0, 0, 0, 1});
  EXPECT_EQ(batch.rule_count(), 0U) << "these are no rules";
  batch.add_rule("postrouting", Rule().has_mark(0x2000).masquerade());
  batch.insert_rule("postrouting", Rule().in_interface("eth0").accept(), "first");
  EXPECT_EQ(batch.rule_count(), 2U);
}

}  // namespace
}  // namespace azcni::network::nft
