// Every rtnetlink message that the Linux backend sends, as bytes.

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/net/interfaces.h"
#include "golden.h"
#include "host_config.h"
#include "objects/objects.h"

namespace azcni::network {
namespace {

using test::Golden;
using test::ip;
using test::kMac;
using test::prefix;

constexpr net::MacAddress kPeerMac{{0x0a, 5, 4, 3, 2, 1}};
constexpr unsigned kIndex = 7;

/// What the kernel says of a link.
std::vector<net::NetlinkMessage> link_of(unsigned index, unsigned master = 0) {
  std::vector<net::NetlinkMessage> messages;
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  messages.emplace_back(RTM_NEWLINK, 0, header).put_u32(IFLA_MASTER, master);
  return messages;
}

/// A golden of what is sent about objects, in a namespace that has azv1 and azure2.
class Recorder {
 public:
  explicit Recorder(const std::string& name) : golden(name) {
    golden.wire.answer_next(link_of(kIndex));
    in.index("azv1");
    golden.wire.answer_next(link_of(3));
    in.index("azure2");
  }

  template <typename Kind>
  void creation(const std::string& title, const Kind& object) {
    Messages messages;
    append_creation(object, in, messages);
    send(title, messages);
  }
  template <typename Kind>
  void removal(const std::string& title, const Kind& object) {
    Messages messages;
    golden.wire.answer_next(link_of(kIndex, 3));  // to those that ask whether it is a port
    append_removal(object, in, messages);
    send(title, messages);
  }
  template <typename Kind>
  void look(const std::string& title, const Kind& object) {
    golden.wire.answer_next(link_of(kIndex, 3));
    golden.record(title, [&] { is_there(object, in); });
  }
  void send(const std::string& title, Messages& messages) {
    golden.record(title, [&] { in.netlink().exchange(messages, title); });
  }

  Golden golden;
  Namespace in;
};

// Catches: a link that is made, found, changed or deleted otherwise than before.
TEST(RtnetlinkGolden, Links) {
  Recorder recorder("links");
  Golden& golden = recorder.golden;
  net::Netlink& netlink = recorder.in.netlink();
  recorder.creation("set_up", LinkUp{"azv1"});
  recorder.creation("port", BridgePort{"azv1", "azure2", true});
  recorder.creation("port, no hairpin", BridgePort{"azv1", "azure2", false});
  recorder.creation("fdb entry", FdbEntry{"azv1", kMac});
  recorder.removal("remove the fdb entry", FdbEntry{"azv1", kMac});
  recorder.look("look for the fdb entry", FdbEntry{"azv1", kMac});
  golden.record("find_link", [&] { static_cast<void>(find_link(netlink, "azv1")); });
  Link link;
  link.index = kIndex;
  golden.record("delete_link", [&] { delete_link(netlink, link); });
  golden.record("create_bridge", [&] { create_bridge(netlink, "azure2", kMac, 1500); });
  golden.record("list_interfaces", [] { net::list_interfaces(); });
  golden.compare();
}

// Catches: an address, a neighbour or a limit that is put otherwise than before.
TEST(RtnetlinkGolden, AddressesAndNeighbours) {
  Recorder recorder("addresses");
  Golden& golden = recorder.golden;
  for (const char* text : {"10.240.1.5", "fd00:1::5"}) {
    const net::IpAddress address = ip(text);
    const Address object{"azv1", net::Prefix::single(address)};
    const std::string to = std::string(", ") + text;
    recorder.creation("add_address" + to, object);
    recorder.look("look for the address" + to, object);
    golden.record("has_local_route" + to, [&] { has_local_route(address, recorder.in); });
    const Neighbour neighbour{"azv1", address, kMac};
    recorder.creation("put_neighbour" + to, neighbour);
    recorder.removal("delete_neighbour" + to, neighbour);
    recorder.look("look for the neighbour" + to, neighbour);
    golden.record("find_neighbour" + to, [&] { find_neighbour("azv1", address, recorder.in); });
    golden.record("find_user_of" + to, [&] { net::find_user_of(address); });
    golden.record("find_interface_in" + to,
                  [&] { net::find_interface_in(net::Prefix::single(address)); });
  }
  golden.record("find_default_interface", [] { net::find_default_interface(); });
  recorder.creation("set_tbf", Shaper{"azv1", {12'000'000, 12'000'000}});
  recorder.creation("set_tbf, more than 32 bits", Shaper{"azv1", {40'000'000'000, 0}});
  recorder.look("look for the limit", Shaper{"azv1", {12'000'000, 0}});
  recorder.creation("close 127.0.0.0/8", LoopbackFilter{"azv1"});
  recorder.look("look for the filter", LoopbackFilter{"azv1"});
  golden.compare();
}

// Catches: a route that is put otherwise than before, and one that gives way to another.
TEST(RtnetlinkGolden, Routes) {
  Recorder recorder("routes");
  Golden& golden = recorder.golden;
  const Route host{"azv1", prefix("10.240.1.5/32")};
  Route by_default{"azv1", prefix("0.0.0.0/0"), ip("169.254.1.1")};
  const Route full{
      "azv1", prefix("fd00:2::/64"), ip("fe80::1"), {1400, 1360, 5, 1000, RT_SCOPE_UNIVERSE}};
  recorder.creation("add_route", host);
  recorder.creation("add_route, by a gateway", by_default);
  recorder.creation("add_route, all fields", full);
  recorder.removal("delete_route", host);
  recorder.look("look for the route", host);
  by_default.behind = true;
  golden.record("put_beside_another", [&] { put_beside_another(by_default, recorder.in); });
  golden.record("find_host_route", [&] { find_host_route(ip("10.240.1.5"), recorder.in); });
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
