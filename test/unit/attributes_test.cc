#include "azcni/net/attributes.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "azcni/net/netlink.h"

namespace azcni::net {
namespace {

NetlinkMessage message() {
  NetlinkMessage message(16, 0);
  const std::uint8_t one = 7, number[] = {0, 0, 1, 2};
  message.put(1, &one, 1).put(2, number, 4).put(3, std::string_view("eth0"));
  message.put(4, "raw", 3).put(5, MacAddress{{2, 0, 0, 0, 0, 1}}).put(6, *parse_ip("10.0.0.5"));
  message.nest(7, [&] {
    message.nest(1, [&] { message.put_u32(1, 9); }).nest(1, [&] { message.put_u32(2, 9); });
  });
  return message;
}

TEST(Attributes, AreReadByTheirTypes) {
  const NetlinkMessage sent = message();
  const Attributes attributes(nlmsg_hdr(sent.get()), 0);
  EXPECT_EQ(attributes.u8(1), 7);
  EXPECT_EQ(attributes.be32(2), 0x102U);
  EXPECT_EQ(attributes.text(3), "eth0");
  EXPECT_EQ(attributes.text(4), "raw") << "no NUL is needed";
  EXPECT_EQ(attributes.mac(5), (MacAddress{{2, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(attributes.ip(6, Family::kIpv4), *parse_ip("10.0.0.5"));
  int elements = 0;
  attributes.for_each_nested(7, [&](const Attributes& each) {
    EXPECT_EQ(each.u32(1), elements == 0 ? std::optional(9U) : std::nullopt);
    ++elements;
  });
  EXPECT_EQ(elements, 2);
}

// Catches: a read beyond an attribute that is shorter than its reader expects.
TEST(Attributes, AreAbsentWhereTheyAreTooShort) {
  const NetlinkMessage sent = message();
  const Attributes attributes(nlmsg_hdr(sent.get()), 0);
  EXPECT_FALSE(attributes.has(99));
  EXPECT_FALSE(attributes.u32(1));
  EXPECT_FALSE(attributes.be64(2));
  EXPECT_FALSE(attributes.mac(2));
  EXPECT_FALSE(attributes.ip(6, Family::kIpv6));
  EXPECT_FALSE(attributes.nested(99).nested(1).u8(1));
}

}  // namespace
}  // namespace azcni::net
