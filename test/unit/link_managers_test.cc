#include "link_managers.h"

#include <gtest/gtest.h>

namespace azcni::network::link_managers {
namespace {

// Catches: a file that its daemon does not read, or that is about another link. What they are to
// say: man 5 systemd.network, man 5 NetworkManager.conf.
TEST(LinkManagers, AreToldInTheirOwnWords) {
  const std::vector<Notice> notices = notices_of("eth1");
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_EQ(notices[0].service, "systemd-networkd");
  EXPECT_EQ(notices[0].path(), "/run/systemd/network/05-azure-vnet-eth1.network");
  EXPECT_EQ(notices[0].text, "[Match]\nName=eth1\n[Link]\nUnmanaged=yes\n");
  EXPECT_EQ(notices[1].service, "NetworkManager");
  EXPECT_EQ(notices[1].path(), "/run/NetworkManager/conf.d/05-azure-vnet-eth1.conf");
  EXPECT_EQ(notices[1].text, "[keyfile]\nunmanaged-devices+=interface-name:eth1\n");
}

}  // namespace
}  // namespace azcni::network::link_managers
