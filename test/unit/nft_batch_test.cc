#include "nft/batch.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <algorithm>

#include "wire.h"

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

// The example of the header. Catches: changes that are sent beside their transaction.
TEST(NftBatch, IsATransaction) {
  test::Wire wire;
  const net::IpAddress address = net::parse_ip("10.240.1.5").value();
  const net::MacAddress mac{{2, 0, 0, 0, 0, 1}};
  net::Netlink netlink(NETLINK_NETFILTER);
  Batch batch({Family::kInet, "azure_vnet_azure"});
  batch.add_table()
      .add_map({"pods4", {Type::kIp4}, {Type::kMac}})
      .add_chain("postrouting", Hook::kPostrouting, 110, ChainType::kNat)
      .flush_rules()
      .add_rule("postrouting", Rule().in_map({kIp4Source}, "pods4").masquerade())
      .add_element("pods4", bytes_of(address), bytes_of(mac));
  EXPECT_EQ(wire.sent(), "") << "before commit()";
  batch.commit(netlink, "make it");
  const std::string sent = wire.sent();
  const std::string begin = "type 0x0010 flags 0x0001\n  0000000a\n";
  const std::string end = "type 0x0011 flags 0x0001\n  0000000a\n";
  EXPECT_TRUE(sent.starts_with(begin)) << sent;
  EXPECT_TRUE(sent.ends_with(end)) << sent;
  EXPECT_EQ(std::count(sent.begin(), sent.end(), 't'), 8) << sent;
}

}  // namespace
}  // namespace azcni::network::nft
