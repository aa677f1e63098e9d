#include "elements.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "golden.h"
#include "node_table.h"

namespace azcni::network::elements {
namespace {

using test::ip;

class OwnedElements : public ::testing::Test {
 protected:
  /// The kernel has the node's table, with this in its map of ports of IPv4.
  void answer_with(const std::vector<Element>& ports) {
    std::vector<net::NetlinkMessage> tables;
    tables.emplace_back(nft::kSubsystem | NFT_MSG_NEWTABLE, 0, kHeader)
        .put(NFTA_TABLE_NAME, std::string_view("azure_vnet"));
    wire_.answer_next(tables);
    answer_with_elements(ports);
  }
  void answer_with_elements(const std::vector<Element>& elements) {
    std::vector<net::NetlinkMessage> entries;
    net::NetlinkMessage& list =
        entries.emplace_back(nft::kSubsystem | NFT_MSG_NEWSETELEM, 0, kHeader);
    list.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
      for (const Element& each : elements) list.nest(NFTA_LIST_ELEM, [&] { put(list, each); });
    });
    wire_.answer_next(entries);
  }

  test::Wire wire_;

 private:
  static constexpr nfgenmsg kHeader{NFPROTO_INET, NFNETLINK_V0, 0};

  static void put(net::NetlinkMessage& list, const Element& element) {
    const auto put_value = [&](int type, const nft::Bytes& value) {
      list.nest(type, [&] { list.put(NFTA_DATA_VALUE, value.data(), value.size()); });
    };
    put_value(NFTA_SET_ELEM_KEY, element.key);
    put_value(NFTA_SET_ELEM_DATA, element.value);
    nft::Bytes comment{0, static_cast<std::uint8_t>(element.owner.size() + 1)};
    comment.insert(comment.end(), element.owner.begin(), element.owner.end());
    comment.push_back(0);
    list.put(NFTA_SET_ELEM_USERDATA, comment.data(), comment.size());
  }
};

Element port(std::uint16_t number, const char* container, const std::string& owner) {
  return node_table::element_of({"tcp", number, ip(container), 80}, owner);
}

// Catches: a port, or an owner, that is read otherwise than it was written.
TEST_F(OwnedElements, AreListedAsTheyAre) {
  answer_with({port(8080, "10.0.0.5", "a@eth0")});
  net::Netlink nft(NETLINK_NETFILTER);
  const std::vector<Element> found = list(nft);
  ASSERT_EQ(found.size(), 1U);
  const Element wanted = port(8080, "10.0.0.5", "a@eth0");
  EXPECT_EQ(found[0].set, wanted.set);
  EXPECT_EQ(found[0].key, wanted.key);
  EXPECT_EQ(found[0].value, wanted.value);
  EXPECT_EQ(found[0].owner, wanted.owner);
  EXPECT_EQ(found[0].port->number, 8080);
  EXPECT_EQ(found[0].port->protocol, "tcp");
  EXPECT_EQ(address_of(found[0]), ip("10.0.0.5"));
}

// Catches: an element of a living attachment that is swept away: one that is not complete, or that
// an older version attached; and one of a dead attachment that stays.
TEST_F(OwnedElements, OfNoAttachmentAreFound) {
  EndpointRecord known, older;
  known.spec.id = {"a", "eth0"};
  older.spec.id = {"b", "eth0"};
  older.addressing.addresses = {test::prefix("10.0.0.6/24")};
  const Element stale = port(8082, "10.0.0.6", "gone@eth0"), foreign = port(8083, "10.0.0.8", "");
  const Objects found =
      without_owners({port(8080, "10.0.0.5", "a@eth0"), port(8081, "10.0.0.6", ""), stale, foreign},
                     {known, older});
  EXPECT_EQ(found, (Objects{{stale}, {foreign}}));
}

}  // namespace
}  // namespace azcni::network::elements
