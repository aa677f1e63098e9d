#include "port_key.h"

#include <gtest/gtest.h>

namespace azcni::network::node_table {
namespace {

/// Of the map that has such keys.
void expect_same(const PortKey& key, const nft::Types& types) {
  EXPECT_EQ(key.to_bytes().size(), nft::length_of(types));
  EXPECT_EQ(PortKey::from_bytes(key.to_bytes()), key);
}

TEST(PortKey, IsReadAsItWasWritten) {
  using nft::Type;
  expect_same({17, 53}, {Type::kProtocol, Type::kPort});
  expect_same({6, 65535, net::parse_ip("10.240.1.4")}, {Type::kIp4, Type::kProtocol, Type::kPort});
  expect_same({132, 1, net::parse_ip("fd00:1::4")}, {Type::kIp6, Type::kProtocol, Type::kPort});
}

// Catches: parts in another order, or not at the words where the rules' registers have them.
TEST(PortKey, BeginsAWordWithEachPart) {
  const PortKey key{6, 0x1f90, net::parse_ip("10.240.1.4")};
  EXPECT_EQ(key.to_bytes(), (nft::Bytes{10, 240, 1, 4, 6, 0, 0, 0, 0x1f, 0x90, 0, 0}));
}

// Catches: a read before the beginning of a key that somebody else's map has.
TEST(PortKey, IsNoneOfAnotherLength) {
  for (const std::size_t size : {0U, 4U, 7U, 9U, 16U, 28U})
    EXPECT_FALSE(PortKey::from_bytes(nft::Bytes(size))) << size;
}

}  // namespace
}  // namespace azcni::network::node_table
