#include "owner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace azcni::network {
namespace {

// Catches: a comment that `nft` can't read again, or that names no attachment: a `"` in it, or too
// many characters.
TEST(Owner, FitsIntoAComment) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-";
  for (const EndpointId& id : {EndpointId{"abc", "eth0"}, EndpointId{std::string(200, 'c'), "eth0"},
                               EndpointId{"abc", "e\"0"}, EndpointId{"abc", "a@b"},
                               EndpointId{std::string(122, 'c'), "eth0"},
                               EndpointId{std::string(200, 'c'), "fifteen\"letters"}}) {
    const std::string owner = owner_of(id);
    EXPECT_LE(owner.size(), 127U) << owner;
    EXPECT_EQ(owner.find_first_not_of(kAllowed), std::string::npos) << owner;
    EXPECT_EQ(link_mac_of(owner), host_mac(id)) << owner;
  }
  EXPECT_EQ(owner_of({"abc", "eth0"}), "abc@eth0");
  EXPECT_EQ(owner_of({std::string(122, 'c'), "eth0"}).size(), 127U);
}

// Catches: two attachments that are one to the rules.
TEST(Owner, TellsAttachmentsApart) {
  const std::string id(199, 'c');
  EXPECT_NE(owner_of({id + "1", "eth0"}), owner_of({id + "2", "eth0"}));
  EXPECT_NE(owner_of({"abc", "e\"0"}), owner_of({"abc", "e_0"}));
  EXPECT_NE(owner_of({"abc", "eth0"}), owner_of({"abc", "eth1"}));
}

TEST(Owner, IsNoneOfOtherTexts) {
  for (const char* text : {"", "abc", "abc@eth0@", "abc@eth0@xyz"}) {
    EXPECT_EQ(link_mac_of(text), std::nullopt) << text;
    EXPECT_FALSE(lives(text)) << text;
  }
}

}  // namespace
}  // namespace azcni::network
