// Which of the host's interfaces is the VM's NIC, by what the kernel tells.

#include "azcni/net/interfaces.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>

#include "host_configs.h"

namespace azcni::net {
namespace {

using test::ip;
using test::kMac;
using test::prefix;

constexpr unsigned kEth0 = 2, kEth1 = 3, kBridge = 4, kFunction = 5, kVeth = 6;

void add_link(test::Messages& links, unsigned index, const char* name, const char* kind = "",
              unsigned master = 0) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  NetlinkMessage& link = links.emplace_back(RTM_NEWLINK, 0, header);
  link.put(IFLA_IFNAME, std::string_view(name)).put(IFLA_ADDRESS, kMac);
  if (master != 0) link.put_u32(IFLA_MASTER, master);
  if (*kind != '\0')
    link.nest(IFLA_LINKINFO, [&] { link.put(IFLA_INFO_KIND, std::string_view(kind)); });
}

/// eth0 with an SR-IOV function below it, eth1 and a container's veth below a bridge.
void answer_with_links(test::Wire& wire) {
  test::Messages links;
  add_link(links, kVeth, "azv1", "veth", kBridge);
  add_link(links, kFunction, "enP1", "", kEth0);
  add_link(links, kBridge, "azure3", "bridge");
  add_link(links, kEth1, "eth1", "", kBridge);
  add_link(links, kEth0, "eth0");
  wire.answer_next(links);
}

std::string name_of(const std::optional<Interface>& interface) {
  return interface ? interface->name : "none";
}

TEST(Interfaces, AreInTheOrderOfTheirIndices) {
  test::Wire wire;
  answer_with_links(wire);
  const std::vector<Interface> found = list_interfaces();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].name, "eth0");
  EXPECT_EQ(found[0].mac, kMac);
  EXPECT_EQ(found[0].index, kEth0);
  EXPECT_EQ(found[0].bridge, 0U);
  EXPECT_FALSE(found[0].enslaved);
  EXPECT_EQ(found[1].name, "eth1");
  EXPECT_EQ(found[1].bridge, kBridge);
  EXPECT_FALSE(found[1].enslaved) << "a bridge's port is a NIC still";
  EXPECT_EQ(found[2].kind, "bridge");
  EXPECT_EQ(found[3].name, "enP1");
  EXPECT_TRUE(found[3].enslaved);
  EXPECT_EQ(found[4].kind, "veth");
}

// Catches: a bridge or a container's link taken for the VM's NIC, and a NIC below a bridge, where
// its addresses are on that, not found.
TEST(Interfaces, TheNicOfASubnetHasAnAddressInIt) {
  test::Wire wire;
  const auto found = [&](unsigned holder, const char* subnet) {
    test::Messages addresses;
    NetlinkMessage& address = addresses.emplace_back(
        RTM_NEWADDR, 0, ifaddrmsg{AF_INET, 24, 0, RT_SCOPE_UNIVERSE, holder});
    address.put(IFA_LOCAL, ip("10.0.0.4"));
    wire.answer_next(addresses);
    answer_with_links(wire);
    return name_of(find_interface_in(prefix(subnet)));
  };
  EXPECT_EQ(found(kEth0, "10.0.0.0/24"), "eth0");
  EXPECT_EQ(found(kBridge, "10.0.0.0/24"), "eth1");
  EXPECT_EQ(found(kVeth, "10.0.0.0/24"), "none");
  EXPECT_EQ(found(kFunction, "10.0.0.0/24"), "none");
  EXPECT_EQ(found(kEth0, "10.1.0.0/24"), "none");
}

// Catches: a worse default route, or one of another table, taken for the host's.
TEST(Interfaces, TheDefaultOneHasTheBestRoute) {
  struct Route {
    unsigned out;
    std::uint32_t metric;
    unsigned char length = 0, table = RT_TABLE_MAIN;
  };
  test::Wire wire;
  const auto found = [&](const std::vector<Route>& all) {
    test::Messages routes;
    for (const Route& each : all) {
      const rtmsg header{AF_INET,       each.length,       0,           0, each.table,
                         RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNICAST, 0};
      NetlinkMessage& route = routes.emplace_back(RTM_NEWROUTE, 0, header);
      if (each.out != 0) route.put_u32(RTA_OIF, each.out);
      route.put_u32(RTA_PRIORITY, each.metric);
    }
    wire.answer_next(routes);
    answer_with_links(wire);
    return name_of(find_default_interface());
  };
  EXPECT_EQ(found({{kEth0, 100}, {kBridge, 50}}), "eth1") << "below the bridge";
  EXPECT_EQ(found({{kEth0, 100}, {kEth1, 100}}), "eth0") << "the first of equals";
  EXPECT_EQ(found({{kEth1, 0, 16}, {kEth0, 100}}), "eth0");
  EXPECT_EQ(found({{kEth1, 0, 0, RT_TABLE_LOCAL}, {kEth0, 100}}), "eth0");
  EXPECT_EQ(found({{0, 0}, {kEth0, 100}}), "eth0") << "one of several hops has no interface";
  EXPECT_EQ(found({{kVeth, 0}}), "none");
  EXPECT_EQ(found({}), "none");
}

// Catches: an address handed out that the host, or a container without a lease, has.
TEST(Interfaces, TellWhoHasAnAddress) {
  test::Wire wire;
  const auto user = [&](unsigned char length, unsigned char type) {
    const rtmsg header{AF_INET, length, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_LINK, type, 0};
    test::Messages routes;
    routes.emplace_back(RTM_NEWROUTE, 0, header).put_u32(RTA_OIF, 999999);
    wire.answer_next(routes);
    return find_user_of(ip("10.0.0.5"));
  };
  EXPECT_EQ(user(32, RTN_LOCAL), "an address of 999999");
  EXPECT_EQ(user(32, RTN_UNICAST), "a host route to 999999");
  EXPECT_EQ(user(24, RTN_UNICAST), std::nullopt) << "a wider route";
  wire.fail_next(ENETUNREACH);
  EXPECT_EQ(find_user_of(ip("10.0.0.5")), std::nullopt);
}

}  // namespace
}  // namespace azcni::net
