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
  net::Netlink netlink(NETLINK_NETFILTER);
  Batch batch({Family::kInet, "azure_vnet_azure"});
  batch.add_table()
      .add_set({"pods4", {Type::kIp4}})
      .add_chain("postrouting", Hook::kPostrouting, 110, ChainType::kNat)
      .add_rule("postrouting", Rule().is_in(kIp4Source, "pods4").masquerade())
      .add_element("pods4", bytes_of(address), {}, "of a pod");
  EXPECT_EQ(wire.sent(), "") << "before commit()";
  batch.commit(netlink, "make it");
  const std::string sent = wire.sent();
  const std::string begin = "type 0x0010 flags 0x0001\n  0000000a\n";
  const std::string end = "type 0x0011 flags 0x0001\n  0000000a\n";
  EXPECT_TRUE(sent.starts_with(begin)) << sent;
  EXPECT_TRUE(sent.ends_with(end)) << sent;
  EXPECT_EQ(std::count(sent.begin(), sent.end(), 't'), 7) << sent;
}

// Catches: a transaction that fails as a whole since two ports had one leftover in their way.
TEST(NftBatch, DeletesAnElementOnce) {
  test::Wire wire;
  net::Netlink netlink(NETLINK_NETFILTER);
  Batch batch({Family::kInet, "azure_vnet"});
  for (const Bytes& key : {Bytes{1}, Bytes{2}, Bytes{1}}) batch.delete_element("ports4", key);
  batch.commit(netlink, "delete");
  const std::string sent = wire.sent();
  EXPECT_EQ(std::count(sent.begin(), sent.end(), 't'), 4) << sent;  // and two marks
}

}  // namespace
}  // namespace azcni::network::nft
