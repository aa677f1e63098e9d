// What is read of rtnetlink's answers: whether a link, an address, a route, … is as it was made.

#include <gtest/gtest.h>
#include <linux/if_bridge.h>
#include <linux/pkt_sched.h>

#include <utility>

#include "host_configs.h"
#include "objects/objects.h"

namespace azcni::network {
namespace {

using test::ip;
using test::kMac;
using test::prefix;

constexpr unsigned kLink = 7, kOther = 8, kMaster = 3;
constexpr net::MacAddress kOtherMac{{0x0a, 9, 9, 9, 9, 9}};

/// The next questions are answered with what was added since the last next().
class RtnetlinkAnswers : public ::testing::Test {
 protected:
  net::NetlinkMessage& add(net::NetlinkMessage message) {
    objects_.push_back(std::move(message));
    return objects_.back();
  }
  void next() { wire_.answer_next(std::exchange(objects_, {})); }

  net::NetlinkMessage& add_link(unsigned flags = 1) {
    ifinfomsg header{};
    header.ifi_index = kLink;
    header.ifi_flags = flags;
    return add({RTM_NEWLINK, 0, header});
  }
  void answer_with_link(unsigned master = 0) {
    add_link().put_u32(IFLA_MASTER, master);
    next();
  }

  test::Wire wire_;
  Namespace in_;

 private:
  test::Messages objects_;
};

void put_port(net::NetlinkMessage& link, std::uint8_t state, std::uint8_t hairpin) {
  link.put_u32(IFLA_MASTER, kMaster).nest(IFLA_LINKINFO, [&] {
    link.put(IFLA_INFO_KIND, std::string_view("veth"));
    link.nest(IFLA_INFO_SLAVE_DATA,
              [&] { link.put(IFLA_BRPORT_STATE, &state, 1).put(IFLA_BRPORT_MODE, &hairpin, 1); });
  });
}

// Catches: a link that is up taken for one that passes packets, and a port taken for none.
TEST_F(RtnetlinkAnswers, SayWhatALinkIs) {
  const std::uint8_t oper_up = 6;  // RFC 2863
  net::NetlinkMessage& port = add_link();
  port.put(IFLA_ADDRESS, kMac).put(IFLA_OPERSTATE, &oper_up, 1).put_u32(IFLA_MTU, 1400);
  port.put_u32(IFLA_GROUP, 5);
  put_port(port, BR_STATE_FORWARDING, 1);
  next();
  const Link link = find_link(in_.netlink(), "azv1").value();
  EXPECT_EQ(link.index, kLink);
  EXPECT_EQ(link.name, "azv1");
  EXPECT_EQ(link.mac, kMac);
  EXPECT_EQ(link.mtu, 1400U);
  EXPECT_EQ(link.master, kMaster);
  EXPECT_EQ(link.group, 5U);
  EXPECT_EQ(link.kind, "veth");
  EXPECT_TRUE(link.up && link.oper_up && link.hairpin && link.forwarding);
  put_port(add_link(0), BR_STATE_LEARNING, 0);
  next();
  const Link slow = find_link(in_.netlink(), "azv1").value();
  EXPECT_FALSE(slow.up || slow.oper_up || slow.hairpin || slow.forwarding);
}

// Catches: a failure where a link is only gone, and none where the kernel refused to tell.
TEST_F(RtnetlinkAnswers, MayBeThatThereIsNoLink) {
  net::Netlink& netlink = in_.netlink();
  wire_.fail_next(ENODEV);
  EXPECT_FALSE(find_link(netlink, "azv1"));
  wire_.fail_next(ENODEV);
  EXPECT_THROW(require_link(netlink, "azv1"), Error);
  wire_.fail_next(EPERM);
  EXPECT_THROW(static_cast<void>(find_link(netlink, "azv1")), Error);
  wire_.fail_next(ENODEV);
  try {
    require_nic(netlink, "eth9", "azure");
    ADD_FAILURE() << "there is no such NIC";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNoMaster);
  }
}

Veth veth_of(const net::MacAddress& mac, unsigned mtu, std::uint32_t group) {
  return {"azv1", mac, mtu, group, "", "eth0", {}};
}

// Catches: an object of a link that is gone taken for one that is there.
TEST_F(RtnetlinkAnswers, OfALinkThatIsGoneHaveNoObjects) {
  const auto is_gone = [&](const auto& object) {
    wire_.fail_next(ENODEV);
    return !is_there(object, in_);
  };
  EXPECT_TRUE(is_gone(veth_of(kMac, 1400, 5)));
  EXPECT_TRUE(is_gone(Peer{"eth0", kMac}));
  EXPECT_TRUE(is_gone(LinkUp{"azv1"}));
  EXPECT_TRUE(is_gone(FdbEntry{"azv1", kMac}));
  EXPECT_TRUE(is_gone(Address{"azv1", prefix("10.0.0.5/32")}));
  EXPECT_TRUE(is_gone(Route{"azv1", prefix("10.0.0.5/32")}));
  EXPECT_TRUE(is_gone(Neighbour{"azv1", ip("10.0.0.5"), kMac}));
  EXPECT_TRUE(is_gone(Shaper{"azv1", {}}));
  EXPECT_TRUE(is_gone(LoopbackFilter{"azv1"}));
  EXPECT_TRUE(is_gone(Uplink{"eth0", 1500, ""}));
}

// Catches: the link of another life of the pod taken for this one's.
TEST_F(RtnetlinkAnswers, TellAVethByItsMac) {
  const auto is_there_with = [&](const net::MacAddress& mac, unsigned mtu, std::uint32_t group) {
    add_link().put(IFLA_ADDRESS, kMac).put_u32(IFLA_MTU, 1400).put_u32(IFLA_GROUP, 5);
    next();
    return is_there(veth_of(mac, mtu, group), in_);
  };
  EXPECT_TRUE(is_there_with(kMac, 1400, 5));
  EXPECT_FALSE(is_there_with(kOtherMac, 1400, 5));
  EXPECT_FALSE(is_there_with(kMac, 1500, 5));
  EXPECT_FALSE(is_there_with(kMac, 1400, 6));
}

TEST_F(RtnetlinkAnswers, TellAPortByItsBridge) {
  const auto is_port = [&](unsigned master, bool hairpin) {
    ifinfomsg bridge{};
    bridge.ifi_index = static_cast<int>(master);
    add({RTM_NEWLINK, 0, bridge});
    next();
    put_port(add_link(), BR_STATE_FORWARDING, 1);
    next();
    return is_there(BridgePort{"azv1", "azure2", hairpin}, in_);
  };
  EXPECT_TRUE(is_port(kMaster, true));
  EXPECT_FALSE(is_port(kMaster, false));
  EXPECT_FALSE(is_port(kOther, true));
}

net::NetlinkMessage neighbour_message(std::uint16_t state, unsigned index = kLink,
                                      std::uint8_t flags = 0) {
  ndmsg header{};
  header.ndm_ifindex = static_cast<int>(index);
  header.ndm_state = state;
  header.ndm_flags = flags;
  return {RTM_NEWNEIGH, 0, header};
}

// Catches: an entry that was learned, or moves to whoever sends with the MAC address, taken for one
// that stays.
TEST_F(RtnetlinkAnswers, TellStickyFdbEntries) {
  const auto is_entry = [&](std::uint16_t state, unsigned port, std::uint8_t flags) {
    answer_with_link(kMaster);
    add(neighbour_message(state, port, flags));
    next();
    return is_there(FdbEntry{"azv1", kMac}, in_);
  };
  EXPECT_TRUE(is_entry(NUD_NOARP, kLink, NTF_STICKY));
  EXPECT_FALSE(is_entry(NUD_NOARP, kLink, 0));
  EXPECT_FALSE(is_entry(NUD_REACHABLE, kLink, NTF_STICKY));
  EXPECT_FALSE(is_entry(NUD_NOARP, kOther, NTF_STICKY));
}

TEST_F(RtnetlinkAnswers, TellPermanentNeighbours) {
  answer_with_link();
  ASSERT_EQ(in_.index("azv1"), kLink);  // is asked for once
  const auto is_neighbour = [&](std::uint16_t state, const net::MacAddress& mac) {
    answer_with_link();
    add(neighbour_message(state)).put(NDA_LLADDR, mac);
    next();
    return is_there(Neighbour{"azv1", ip("10.0.0.5"), kMac}, in_);
  };
  EXPECT_TRUE(is_neighbour(NUD_PERMANENT, kMac));
  EXPECT_FALSE(is_neighbour(NUD_STALE, kMac));
  EXPECT_FALSE(is_neighbour(NUD_PERMANENT, kOtherMac));
  add(neighbour_message(NUD_STALE)).put(NDA_LLADDR, kOtherMac);
  next();
  EXPECT_EQ(find_neighbour("azv1", ip("10.0.0.5"), in_), kOtherMac);
  wire_.fail_next(ENOENT);
  EXPECT_EQ(find_neighbour("azv1", ip("10.0.0.5"), in_), std::nullopt);
}

net::NetlinkMessage address_message(unsigned index, unsigned char family, unsigned char length) {
  return {RTM_NEWADDR, 0, ifaddrmsg{family, length, 0, RT_SCOPE_UNIVERSE, index}};
}

// Catches: the peer of a point-to-point address taken for the address, and one of another link.
TEST_F(RtnetlinkAnswers, TellAddresses) {
  const auto is_address = [&](const char* text) {
    answer_with_link();
    add(address_message(kLink, AF_INET, 32))
        .put(IFA_ADDRESS, ip("10.0.0.9"))
        .put(IFA_LOCAL, ip("10.0.0.5"));
    add(address_message(kOther, AF_INET, 32)).put(IFA_LOCAL, ip("10.0.0.6"));
    add(address_message(kLink, AF_INET, 24));
    next();
    return is_there(Address{"azv1", prefix(text)}, in_);
  };
  EXPECT_TRUE(is_address("10.0.0.5/32"));
  EXPECT_FALSE(is_address("10.0.0.5/24"));
  EXPECT_FALSE(is_address("10.0.0.6/32"));
  EXPECT_FALSE(is_address("10.0.0.9/32"));
  answer_with_link();
  add(address_message(kLink, AF_INET6, 64)).put(IFA_ADDRESS, ip("fd00::5"));
  next();
  EXPECT_TRUE(is_there(Address{"azv1", prefix("fd00::5/64")}, in_));
}

struct RouteHeader {
  unsigned char length = 0, protocol = RTPROT_STATIC, type = RTN_UNICAST, table = RT_TABLE_MAIN;
};

net::NetlinkMessage route_message(const RouteHeader& route, unsigned char family = AF_INET) {
  return {
      RTM_NEWROUTE, 0,
      rtmsg{family, route.length, 0, 0, route.table, route.protocol, RT_SCOPE_LINK, route.type, 0}};
}

// Catches: CHECK content with another route than the one that was made.
TEST_F(RtnetlinkAnswers, TellRoutes) {
  const auto with = [&](const auto& change) {
    Route wanted{"azv1", prefix("10.1.0.0/16"), ip("10.0.0.1")};
    change(wanted);
    answer_with_link();
    net::NetlinkMessage& route = add(route_message({16}));
    route.put(RTA_DST, ip("10.1.0.0")).put(RTA_GATEWAY, ip("10.0.0.1")).put_u32(RTA_OIF, kLink);
    route.put_u32(RTA_PRIORITY, 5).nest(RTA_METRICS, [&] { route.put_u32(RTAX_MTU, 1400); });
    net::NetlinkMessage& local = add(route_message({32, RTPROT_KERNEL, RTN_LOCAL}));
    local.put(RTA_DST, ip("10.0.0.5")).put_u32(RTA_OIF, kLink);
    next();
    return is_there(wanted, in_);
  };
  EXPECT_TRUE(with([](Route&) {}));
  EXPECT_TRUE(with([](Route& route) { route.metrics = {.mtu = 1400, .priority = 5}; }));
  EXPECT_TRUE(with([](Route& route) { route.metrics.table = RT_TABLE_MAIN; }));
  EXPECT_FALSE(with([](Route& route) { route.metrics.priority = 6; }));
  EXPECT_FALSE(with([](Route& route) { route.metrics.mtu = 1500; }));
  EXPECT_FALSE(with([](Route& route) { route.metrics.advmss = 1360; }));
  EXPECT_FALSE(with([](Route& route) { route.metrics.table = 1000; }));
  EXPECT_FALSE(with([](Route& route) { route.gateway = std::nullopt; }));
  EXPECT_FALSE(with([](Route& route) { route.destination = prefix("10.1.0.0/17"); }));
  EXPECT_FALSE(with([](Route& route) {
    route = {"azv1", prefix("10.0.0.5/32")};
  })) << "what is no unicast is none";
}

// Catches: a number of a table beyond 255, and a default route, which has no destination.
TEST_F(RtnetlinkAnswers, TellDefaultRoutesOfATable) {
  answer_with_link();
  add(route_message({0, RTPROT_STATIC, RTN_UNICAST, RT_TABLE_UNSPEC}))
      .put_u32(RTA_OIF, kLink)
      .put_u32(RTA_TABLE, 1000);
  next();
  EXPECT_TRUE(is_there(Route{"azv1", prefix("0.0.0.0/0"), {}, {.table = 1000}}, in_));
}

// Catches: a route of somebody else to a container's address taken for ours, and removed by a DEL.
TEST_F(RtnetlinkAnswers, TellOursToAnAddress) {
  const auto found = [&](const RouteHeader& header, const char* gateway = "") {
    net::NetlinkMessage& route = add(route_message(header));
    route.put(RTA_DST, ip("10.0.0.5")).put_u32(RTA_OIF, kLink);
    if (*gateway != '\0') route.put(RTA_GATEWAY, ip(gateway));
    next();
    return find_host_route(ip("10.0.0.5"), in_);
  };
  EXPECT_EQ(found({32}), kLink);
  EXPECT_EQ(found({24}), std::nullopt);
  EXPECT_EQ(found({32, RTPROT_BOOT}), std::nullopt);
  EXPECT_EQ(found({32, RTPROT_STATIC, RTN_LOCAL}), std::nullopt);
  EXPECT_EQ(found({32}, "10.0.0.1"), std::nullopt);
  wire_.fail_next(ENETUNREACH);
  EXPECT_EQ(find_host_route(ip("10.0.0.5"), in_), std::nullopt);
}

// Catches: an IPv6 address that is reported attached before packets reach it.
TEST_F(RtnetlinkAnswers, TellWhetherAnAddressIsLocal) {
  add(route_message({128, RTPROT_KERNEL, RTN_LOCAL}, AF_INET6));
  next();
  EXPECT_TRUE(has_local_route(ip("fd00::5"), in_));
  add(route_message({0, RTPROT_RA}, AF_INET6));
  next();
  EXPECT_FALSE(has_local_route(ip("fd00::5"), in_));
}

// Catches: a limit below the root, another rate, or another queue taken for ours; a rate beyond 32
// bits read as one that fits.
TEST_F(RtnetlinkAnswers, TellLimits) {
  const auto is_limit = [&](std::uint64_t bits, const char* kind, std::uint64_t bytes,
                            std::uint32_t parent = TC_H_ROOT) {
    tcmsg header{};
    header.tcm_ifindex = kLink;
    header.tcm_parent = parent;
    tc_tbf_qopt parameters{};
    parameters.rate.rate = bytes > 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(bytes);
    answer_with_link();
    net::NetlinkMessage& queue = add({RTM_NEWQDISC, 0, header});
    queue.put(TCA_KIND, std::string_view(kind)).nest(TCA_OPTIONS, [&] {
      queue.put(TCA_TBF_PARMS, &parameters, sizeof parameters);
      if (bytes > 0xffffffff) queue.put(TCA_TBF_RATE64, &bytes, sizeof bytes);
    });
    next();
    return is_there(Shaper{"azv1", {bits, 0}}, in_);
  };
  EXPECT_TRUE(is_limit(8'000'000, "tbf", 1'000'000));
  EXPECT_FALSE(is_limit(8'000'000, "tbf", 2'000'000));
  EXPECT_FALSE(is_limit(8'000'000, "htb", 1'000'000));
  EXPECT_FALSE(is_limit(8'000'000, "tbf", 1'000'000, 0x10001));
  EXPECT_TRUE(is_limit(80'000'000'000, "tbf", 10'000'000'000));
}

}  // namespace
}  // namespace azcni::network
