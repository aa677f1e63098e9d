#include "nft/batch.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <algorithm>

#include "wire.h"

namespace azcni::network::nft {
namespace {

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
