#include "nft/socket.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

namespace azcni::network::nft {
namespace {

// Catches: a kernel whose nf_tables are missing, or switched off (CVE-2024-1086), taken for one
// that has them since it has nfnetlink: each DEL would fail. A socket of another protocol answers
// as that does, with "invalid argument".
TEST(NfTables, AreMissingWhereTheirMessagesAreInvalid) {
  net::Netlink other(NETLINK_SOCK_DIAG);
  EXPECT_FALSE(has_nf_tables(other));
}

}  // namespace
}  // namespace azcni::network::nft
