// Every rtnetlink message that the Linux backend sends, as bytes.

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "addresses.h"
#include "azcni/net/interfaces.h"
#include "bridge_links.h"
#include "golden.h"
#include "host_config.h"
#include "links.h"
#include "neighbours.h"
#include "qdisc.h"
#include "routes.h"

namespace azcni::network {
namespace {

using test::Golden;
using test::ip;
using test::kMac;
using test::prefix;

constexpr net::MacAddress kPeerMac{{0x0a, 5, 4, 3, 2, 1}};
constexpr unsigned kIndex = 7;
const LinkId kLink{kIndex, "azv1"};

// Catches: a link that is made, found, changed or deleted otherwise than before.
TEST(RtnetlinkGolden, Links) {
  Golden golden("links");
  net::Netlink netlink;
  VethSpec veth{"azv1", kMac, "eth0", kPeerMac, 9, 1500};
  golden.record("create_veth", [&] { create_veth(netlink, veth); });
  veth.bridge = 3;
  veth.group = 0x617a0002;
  golden.record("create_veth, a bridge's port", [&] { create_veth(netlink, veth); });
  golden.record("find_link", [&] { static_cast<void>(find_link(netlink, "azv1")); });
  golden.record("set_up", [&] { set_up(netlink, kLink); });
  golden.record("delete_link", [&] { delete_link(netlink, kLink); });
  golden.record("create_bridge", [&] { create_bridge(netlink, "azure2", kMac, 1500); });
  golden.record("set_master", [&] { set_master(netlink, kLink, 3); });
  golden.record("set_master, none", [&] { set_master(netlink, kLink, 0); });
  golden.record("set_hairpin, on", [&] { set_hairpin(netlink, kLink, true); });
  golden.record("set_hairpin, off", [&] { set_hairpin(netlink, kLink, false); });
  golden.record("add_static_fdb_entry", [&] { add_static_fdb_entry(netlink, kLink, kMac); });
  golden.record("delete_static_fdb_entry", [&] { delete_static_fdb_entry(netlink, kLink, kMac); });
  golden.record("is_forwarding", [&] { is_forwarding(netlink, "azv1"); });
  golden.record("list_interfaces", [] { net::list_interfaces(); });
  golden.compare();
}

// Catches: an address, a neighbour or a limit that is put otherwise than before.
TEST(RtnetlinkGolden, AddressesAndNeighbours) {
  Golden golden("addresses");
  net::Netlink netlink;
  for (const char* text : {"10.240.1.5", "fd00:1::5"}) {
    const net::IpAddress address = ip(text);
    const std::string to = std::string(", ") + text;
    const Neighbour neighbour{address, kMac, kLink, true};
    golden.record("add_address" + to,
                  [&] { add_address(netlink, kLink, net::Prefix::single(address)); });
    golden.record("has_local_route" + to, [&] { has_local_route(netlink, address); });
    golden.record("list_addresses" + to, [&] { list_addresses(netlink, kLink, address.family()); });
    golden.record("put_neighbour" + to, [&] { put_neighbour(netlink, neighbour); });
    golden.record("delete_neighbour" + to, [&] { delete_neighbour(netlink, neighbour); });
    golden.record("find_neighbour" + to, [&] { find_neighbour(netlink, kLink, address); });
    golden.record("list_neighbours" + to,
                  [&] { list_neighbours(netlink, kLink, address.family()); });
    golden.record("find_user_of" + to, [&] { net::find_user_of(address); });
    golden.record("find_interface_in" + to,
                  [&] { net::find_interface_in(net::Prefix::single(address)); });
  }
  golden.record("find_default_interface", [] { net::find_default_interface(); });
  golden.record("set_tbf", [&] { set_tbf(netlink, kLink, {12'000'000, 12'000'000}); });
  golden.record("set_tbf, more than 32 bits", [&] {
    set_tbf(netlink, kLink, {40'000'000'000, 0});
  });
  golden.record("set_tbf, no limit", [&] { set_tbf(netlink, kLink, {}); });
  golden.compare();
}

// Catches: a route that is put otherwise than before, and one that gives way to another.
TEST(RtnetlinkGolden, Routes) {
  Golden golden("routes");
  net::Netlink netlink;
  const RouteSpec host{prefix("10.240.1.5/32"), std::nullopt, kLink};
  const RouteSpec by_default{prefix("0.0.0.0/0"), ip("169.254.1.1"), kLink};
  const RouteSpec full{
      prefix("fd00:2::/64"), ip("fe80::1"), kLink, {1400, 1360, 5, 1000, RT_SCOPE_UNIVERSE}};
  golden.record("add_route", [&] { add_route(netlink, host); });
  golden.record("add_route, by a gateway", [&] { add_route(netlink, by_default); });
  golden.record("add_route, all fields", [&] { add_route(netlink, full); });
  golden.record("ensure_route", [&] { ensure_route(netlink, host); });
  golden.record("delete_route", [&] { delete_route(netlink, host); });
  golden.record("add_route_with_next_free_metric, the first",
                [&] { add_route_with_next_free_metric(netlink, by_default); });
  golden.record("add_route_with_next_free_metric, the second", [&] {
    golden.wire.fail_next(EEXIST);
    add_route_with_next_free_metric(netlink, by_default);
  });
  golden.record("find_host_route", [&] { find_host_route(netlink, ip("10.240.1.5")); });
  golden.record("list_routes, IPv4", [&] { list_routes(netlink, net::Family::kIpv4); });
  golden.record("list_routes, IPv6", [&] { list_routes(netlink, net::Family::kIpv6); });
  golden.compare();
}

std::vector<net::NetlinkMessage> host_addresses() {
  std::vector<net::NetlinkMessage> messages;
  const ifaddrmsg four{AF_INET, 16, 0, RT_SCOPE_UNIVERSE, kIndex};
  messages.emplace_back(RTM_NEWADDR, 0, four);
  messages.back().put(IFA_ADDRESS, ip("10.240.1.4"));
  messages.back().put(IFA_LOCAL, ip("10.240.1.4"));
  messages.back().put(IFA_LABEL, std::string_view("eth0")).put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE);
  const ifaddrmsg six{AF_INET6, 64, 0, RT_SCOPE_UNIVERSE, kIndex};
  messages.emplace_back(RTM_NEWADDR, 0, six);
  messages.back().put(IFA_ADDRESS, ip("fd00:1::4"));
  return messages;
}

std::vector<net::NetlinkMessage> host_routes() {
  std::vector<net::NetlinkMessage> messages;
  rtmsg header{AF_INET, 0, 0, 0, RT_TABLE_MAIN, RTPROT_DHCP, RT_SCOPE_UNIVERSE, RTN_UNICAST, 0};
  messages.emplace_back(RTM_NEWROUTE, 0, header);
  messages.back().put(RTA_GATEWAY, ip("10.240.0.1"));
  messages.back().put_u32(RTA_OIF, kIndex).put_u32(RTA_PRIORITY, 100);
  header.rtm_dst_len = 16;
  header.rtm_protocol = RTPROT_KERNEL;
  header.rtm_scope = RT_SCOPE_LINK;
  messages.emplace_back(RTM_NEWROUTE, 0, header);
  messages.back().put(RTA_DST, ip("10.240.0.0"));
  messages.back().put_u32(RTA_OIF, kIndex);
  return messages;
}

std::vector<net::NetlinkMessage> host_neighbours() {
  std::vector<net::NetlinkMessage> messages;
  for (const bool permanent : {true, false}) {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = kIndex;
    header.ndm_state = permanent ? NUD_PERMANENT : NUD_REACHABLE;
    messages.emplace_back(RTM_NEWNEIGH, 0, header);
    messages.back().put(NDA_DST, ip(permanent ? "10.240.0.9" : "10.240.0.1"));
    messages.back().put(NDA_LLADDR, kMac.bytes.data(), 6);
  }
  return messages;
}

// Catches: a host whose configuration moves otherwise than before.
TEST(RtnetlinkGolden, TheHostsConfiguration) {
  Golden golden("host_config");
  net::Netlink netlink;
  HostConfig config;
  golden.record("read", [&] {
    golden.wire.answer_next(host_addresses());
    golden.wire.answer_next(host_routes());
    golden.wire.answer_next(host_neighbours());
    config = HostConfig::read(netlink, kIndex);
  });
  const auto send = [&](const std::string& title, const auto& append) {
    HostConfig::Messages messages;
    append(messages);
    golden.record(title, [&] { netlink.sequence(messages, title); });
  };
  send("addresses, to the bridge", [&](auto& messages) { config.append_addresses(messages, 3); });
  send("routes, to the bridge", [&](auto& messages) { config.append_routes(messages, 3); });
  send("removal, from the NIC", [&](auto& messages) { config.append_removal(messages, kIndex); });
  EXPECT_EQ(config.to_json(), HostConfig::from_json(config.to_json()).to_json());
  golden.compare();
}

}  // namespace
}  // namespace azcni::network
