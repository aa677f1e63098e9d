#include "azcni/net/netlink.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/base/error.h"

namespace azcni::net {
namespace {

/// Refused by every kernel: there is no such link. Without root it is refused as well.
NetlinkMessage refused() {
  ndmsg header{};
  header.ndm_family = AF_INET;
  header.ndm_ifindex = 999999;
  return {RTM_NEWNEIGH, NLM_F_CREATE, header};
}

TEST(Netlink, ARefusedMessageFailsItsSequence) {
  std::vector<NetlinkMessage> messages;
  messages.push_back(refused());
  EXPECT_THROW(Netlink().sequence(messages, "try"), Error);
}

// Catches: a host that can't be moved below its bridge because its neighbour table is full.
TEST(Netlink, ARefusedMessageThatIsOptionalDoesNot) {
  std::vector<NetlinkMessage> messages;
  messages.push_back(refused());
  messages.back().optional = true;
  Netlink().sequence(messages, "try");
}

// Catches: a call that fails by an error of the transaction before it on the same socket.
TEST(Netlink, AFailedTransactionLeavesNoErrorToTheNextCall) {
  Netlink socket;
  std::vector<NetlinkMessage> batch;
  batch.emplace_back(NLMSG_NOOP, 0);
  batch.push_back(refused());
  batch.push_back(refused());
  batch.emplace_back(NLMSG_NOOP, 0);
  ASSERT_THROW(socket.transaction(batch, "the transaction"), Error);
  NetlinkMessage links(RTM_GETLINK, 0, rtgenmsg{AF_UNSPEC});
  EXPECT_NO_THROW(socket.dump(
      links, "list links", [] {}, nullptr))
      << "the error is the transaction's";
}

}  // namespace
}  // namespace azcni::net
