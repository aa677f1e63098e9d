#include "azcni/net/netlink.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "azcni/base/error.h"
#include "azcni/net/attributes.h"
#include "wire.h"

namespace azcni::net {
namespace {

/// Refused by every kernel: there is no such link. Without root it is refused as well.
NetlinkMessage refused() {
  ndmsg header{};
  header.ndm_family = AF_INET;
  header.ndm_ifindex = 999999;
  return {RTM_NEWNEIGH, NLM_F_CREATE, header};
}

// The header's example of a dump. Catches: what a dump brought before it was interrupted, kept
// beside what the next try brings.
TEST(Netlink, ADumpBeginsAgain) {
  test::Wire wire;
  std::vector<NetlinkMessage> half, whole;
  half.emplace_back(RTM_NEWLINK, NLM_F_DUMP_INTR, ifinfomsg{}).put(IFLA_IFNAME, "gone");
  for (const char* name : {"lo", "eth0"})
    whole.emplace_back(RTM_NEWLINK, 0, ifinfomsg{}).put(IFLA_IFNAME, name);
  wire.answer_next(half);
  wire.answer_next(whole);

  Netlink netlink;
  const std::vector<std::string> names = netlink.list<ifinfomsg>(
      NetlinkMessage(RTM_GETLINK, 0, rtgenmsg{AF_UNSPEC}), "list links",
      [](const ifinfomsg&, const Attributes& link) { return link.text(IFLA_IFNAME); });
  EXPECT_EQ(names, (std::vector<std::string>{"lo", "eth0"}));
}

// The header's example of a sequence. Catches: a move that fails, or stops half way, where an
// earlier one that was killed had done a part of it.
TEST(Netlink, ASequenceGoesOnWhereItsWorkIsDoneAlready) {
  test::Wire wire;
  wire.fail_next(EADDRNOTAVAIL);
  wire.fail_next(EEXIST);
  const IpAddress address = parse_ip("10.240.1.4").value();
  const unsigned from = 2, to = 7;
  Netlink netlink;
  std::vector<NetlinkMessage> moves;
  moves.emplace_back(RTM_DELADDR, 0, ifaddrmsg{AF_INET, 24, 0, 0, from}).put(IFA_LOCAL, address);
  moves.emplace_back(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifaddrmsg{AF_INET, 24, 0, 0, to})
      .put(IFA_LOCAL, address);
  netlink.sequence(moves, "move an address");
  EXPECT_EQ(wire.sent(),
            "type 0x0015 flags 0x0005\n  02180000 02000000 08000200 0af00104\n"
            "type 0x0014 flags 0x0605\n  02180000 07000000 08000200 0af00104\n");
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
  EXPECT_NO_THROW(socket.list<ifinfomsg>(
      NetlinkMessage(RTM_GETLINK, 0, rtgenmsg{AF_UNSPEC}), "list links",
      [](const ifinfomsg&, const Attributes& link) { return link.text(IFLA_IFNAME); }))
      << "the error is the transaction's";
}

}  // namespace
}  // namespace azcni::net
