#include "host_config.h"

#include <gmock/gmock.h>

#include <cstring>

#include "azcni/net/attributes.h"
#include "host_configs.h"

namespace azcni::network {
namespace {

using test::HostObjects;
using test::ip;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr unsigned kNic = 2, kBridge = 9;

/// A request in short: "+route 10.0.0.0/16 via 10.0.0.1 dev 3", "-address 10.0.0.4/16 dev 2".
std::string in_short(const net::NetlinkMessage& message) {
  nlmsghdr* header = nlmsg_hdr(message.get());
  const void* data = nlmsg_data(header);
  const bool deletes = header->nlmsg_type % 4 == 1;  // RTM_DEL…
  const std::string sign = deletes ? "-" : "+";
  const auto family = [](unsigned char number) {
    return number == AF_INET ? net::Family::kIpv4 : net::Family::kIpv6;
  };
  switch (header->nlmsg_type) {
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const auto* address = static_cast<const ifaddrmsg*>(data);
      const net::Attributes attributes(header, sizeof *address);
      const auto value = attributes.ip(IFA_ADDRESS, family(address->ifa_family));
      return sign + "address " + to_string(net::Prefix{value.value(), address->ifa_prefixlen}) +
             " dev " + std::to_string(address->ifa_index);
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const auto* route = static_cast<const rtmsg*>(data);
      const net::Attributes attributes(header, sizeof *route);
      const auto of = family(route->rtm_family);
      const auto none = net::Prefix::everything(of).address;
      const auto gateway = attributes.ip(RTA_GATEWAY, of);
      std::string text =
          sign + "route " +
          to_string(net::Prefix{attributes.ip(RTA_DST, of).value_or(none), route->rtm_dst_len});
      if (gateway) text += " via " + to_string(*gateway);
      if (const auto dev = attributes.u32(RTA_OIF)) text += " dev " + std::to_string(*dev);
      const auto hops = attributes.bytes(RTA_MULTIPATH).value_or(net::Attributes::Bytes{});
      for (std::size_t at = 0; at + sizeof(rtnexthop) <= hops.size(); at += sizeof(rtnexthop)) {
        rtnexthop hop{};
        std::memcpy(&hop, hops.data() + at, sizeof hop);
        text += " nexthop dev " + std::to_string(hop.rtnh_ifindex);
      }
      return text;
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const auto* neighbour = static_cast<const ndmsg*>(data);
      const net::Attributes attributes(header, sizeof *neighbour);
      return sign + "neighbour " +
             to_string(attributes.ip(NDA_DST, family(neighbour->ndm_family)).value()) + " dev " +
             std::to_string(neighbour->ndm_ifindex) + (message.optional ? " if possible" : "");
    }
    default: return "type " + std::to_string(header->nlmsg_type);
  }
}

std::vector<std::string> in_short(const HostConfig::Messages& messages) {
  std::vector<std::string> texts;
  for (const net::NetlinkMessage& each : messages) texts.push_back(in_short(each));
  return texts;
}

std::vector<std::string> additions(const HostConfig& config, unsigned index = kBridge) {
  HostConfig::Messages messages;
  config.append_addresses(messages, index);
  config.append_routes(messages, index);
  return in_short(messages);
}

std::vector<std::string> removals(const HostConfig& config, unsigned index = kNic) {
  HostConfig::Messages messages;
  config.append_removal(messages, index);
  return in_short(messages);
}

// Catches: a route that the kernel refuses since its gateway can't be reached yet.
TEST(HostConfig, RoutesComeAfterThoseThatTheirGatewaysAreReachedBy) {
  const HostConfig config = HostObjects(kNic)
                                .route("0.0.0.0/0", "10.240.0.1")
                                .route("10.9.0.0/16", "168.63.129.16")
                                .multipath("10.8.0.0/16", 3)
                                .route("10.240.0.0/16")
                                .route("168.63.129.16/32")
                                .route("fd00:1::/64")
                                .route("::/0", "fe80::1")
                                .read();
  EXPECT_THAT(
      additions(config),
      ElementsAre("+route fd00:1::/64 dev 9", "+route 168.63.129.16/32 dev 9",
                  "+route 10.240.0.0/16 dev 9", "+route 10.9.0.0/16 via 168.63.129.16 dev 9",
                  "+route 10.8.0.0/16 nexthop dev 9 nexthop dev 3",
                  "+route 0.0.0.0/0 via 10.240.0.1 dev 9", "+route ::/0 via fe80::1 dev 9"));
}

// Catches: routes that the kernel makes of addresses made a second time, which it then keeps when
// the address goes.
TEST(HostConfig, LeavesOutWhatTheKernelMakes) {
  HostObjects host(kNic);
  host.address("10.240.1.4/16").route("10.240.0.0/16", "", RTPROT_KERNEL);
  host.route("10.240.1.4/32", "", RTPROT_KERNEL).last_route().put_u32(RTA_TABLE, RT_TABLE_LOCAL);
  EXPECT_THAT(additions(host.read()), ElementsAre("+address 10.240.1.4/16 dev 9"));
}

// Catches: a subnet's route lost that NetworkManager made and calls the kernel's.
TEST(HostConfig, KeepsTheSubnetsRouteThatTheKernelWasToldNotToMake) {
  const HostConfig config = HostObjects(kNic)
                                .address("10.240.1.4/16", IFA_F_NOPREFIXROUTE)
                                .route("10.240.0.0/16", "", RTPROT_KERNEL)
                                .route("10.241.0.0/16", "", RTPROT_KERNEL)
                                .read();
  EXPECT_THAT(additions(config),
              ElementsAre("+address 10.240.1.4/16 dev 9", "+route 10.240.0.0/16 dev 9"));
}

// Catches: a host that answers from another address than before: the first of a family is its own.
TEST(HostConfig, AddressesKeepTheirOrder) {
  const HostConfig config = HostObjects(kNic)
                                .address("10.240.1.4/16")
                                .address("fd00:1::4/64")
                                .address("10.240.1.9/16")
                                .address("fd00:1::9/64")
                                .read();
  EXPECT_THAT(additions(config),
              ElementsAre("+address 10.240.1.4/16 dev 9", "+address 10.240.1.9/16 dev 9",
                          "+address fd00:1::9/64 dev 9", "+address fd00:1::4/64 dev 9"))
      << "the kernel puts the last of IPv6 first";
  EXPECT_THAT(config.addresses(),
              ElementsAre(ip("10.240.1.4"), ip("fd00:1::4"), ip("10.240.1.9"), ip("fd00:1::9")));
}

TEST(HostConfig, IsWhatOneInterfaceHas) {
  HostObjects other(kNic + 1);
  other.address("10.1.0.4/16").route("10.1.0.0/16").neighbour("10.1.0.9", NUD_PERMANENT);
  test::Wire wire;
  other.answer(wire);
  net::Netlink netlink;
  const HostConfig config = HostConfig::read(netlink, kNic);
  EXPECT_TRUE(config.empty());
  EXPECT_THAT(additions(config), IsEmpty());
}

// Catches: a neighbour that the host learned kept for good, or a failure for one of them.
TEST(HostConfig, NeighboursThatWereLearnedComeAlong) {
  const HostConfig config = HostObjects(kNic)
                                .neighbour("10.240.0.1", NUD_REACHABLE)
                                .neighbour("10.240.0.9", NUD_PERMANENT)
                                .neighbour("10.240.0.8", NUD_FAILED)
                                .read();
  EXPECT_THAT(additions(config), ElementsAre("+neighbour 10.240.0.1 dev 9 if possible",
                                             "+neighbour 10.240.0.9 dev 9"));
  EXPECT_THAT(removals(config), ElementsAre("-neighbour 10.240.0.9 dev 2"));
  EXPECT_THAT(additions(HostConfig::from_json(config.to_json())),
              ElementsAre("+neighbour 10.240.0.9 dev 9"))
      << "what was learned is true for now, not for a record";
}

// Catches: a route whose gateway goes before it, and a deletion that hits another interface's.
TEST(HostConfig, IsRemovedLastThingsFirst) {
  HostObjects host(kNic);
  host.address("10.240.1.4/16")
      .address("fd00:1::4/64")
      .route("168.63.129.16/32")
      .route("10.9.0.0/16", "168.63.129.16")
      .neighbour("10.240.0.9", NUD_PERMANENT);
  host.route("10.8.0.0/16").last_route().put_u32(RTA_NH_ID, 7);
  EXPECT_THAT(
      removals(host.read()),
      ElementsAre("-neighbour 10.240.0.9 dev 2", "-route 10.9.0.0/16 via 168.63.129.16 dev 2",
                  "-route 168.63.129.16/32 dev 2", "-address fd00:1::4/64 dev 2",
                  "-address 10.240.1.4/16 dev 2"));
}

// Catches: ways to containers taken for the host's own, and moved with it.
TEST(HostConfig, WithoutContainersHasNoWayToThem) {
  HostObjects host(kNic);
  host.address("10.240.1.4/16")
      .route("10.240.1.5/32")
      .route("10.240.1.6/32")
      .route("fd00:1::5/128")
      .route("0.0.0.0/0", "10.240.0.1")
      .neighbour("10.240.1.5", NUD_PERMANENT)
      .neighbour("10.240.0.9", NUD_PERMANENT);
  const HostConfig rest = host.read().without({ip("10.240.1.5"), ip("fd00:1::5")});
  EXPECT_THAT(additions(rest),
              ElementsAre("+address 10.240.1.4/16 dev 9", "+route 10.240.1.6/32 dev 9",
                          "+route 0.0.0.0/0 via 10.240.0.1 dev 9", "+neighbour 10.240.0.9 dev 9"));
}

// Catches: what somebody else had there removed with what we put there, or ours left behind.
TEST(HostConfig, WithoutAnotherHasWhatIsItsAlone) {
  const HostConfig nic = HostObjects(kNic)
                             .address("10.240.1.4/16")
                             .address("10.240.1.9/16")
                             .route("10.9.0.0/16", "10.240.0.1")
                             .route("0.0.0.0/0", "10.240.0.1")
                             .neighbour("10.240.0.9", NUD_PERMANENT)
                             .read();
  const HostConfig bridge = HostObjects(kBridge)
                                .address("10.240.1.9/16")
                                .route("0.0.0.0/0", "10.240.0.1")
                                .route("10.9.0.0/16", "10.240.0.2")
                                .neighbour("10.240.0.9", NUD_PERMANENT)
                                .read();
  EXPECT_THAT(
      additions(nic.without(bridge)),
      ElementsAre("+address 10.240.1.4/16 dev 9", "+route 10.9.0.0/16 via 10.240.0.1 dev 9"));
  EXPECT_TRUE(nic.without(nic).empty());
  EXPECT_THAT(additions(nic.without(HostConfig())), additions(nic));
}

// Catches: a record from which the host does not get back all that it had.
TEST(HostConfig, SurvivesItsJson) {
  HostObjects host(kNic);
  host.address("10.240.1.4/16").neighbour("10.240.0.9", NUD_PERMANENT);
  host.multipath("10.8.0.0/16", 3);
  host.route("0.0.0.0/0", "10.240.0.1").last_route().put(RTA_PREFSRC, ip("10.240.1.4"));
  const HostConfig config = host.read();
  const HostConfig back = HostConfig::from_json(Json::parse(config.to_json().dump()));
  EXPECT_EQ(back.to_json(), config.to_json());
  EXPECT_EQ(additions(back), additions(config));
  EXPECT_TRUE(back.without(config).empty());
  EXPECT_EQ(config.to_json().at("index"), kNic) << "by it the hops of this interface are known";
}

// Catches: a damaged record that is read as one of a host that had nothing.
TEST(HostConfig, IsNotMadeOfAnythingElse) {
  const Json good = HostConfig().to_json();
  for (const char* key : {"index", "addresses", "routes", "neighbours"}) {
    Json bad = good;
    bad.erase(key);
    EXPECT_ANY_THROW(HostConfig::from_json(bad)) << key;
  }
  Json bad = good;
  bad["routes"] = Json::parse(R"([{"header":"text","attributes":[]}])");
  EXPECT_ANY_THROW(HostConfig::from_json(bad));
  EXPECT_ANY_THROW(HostConfig::from_json(nullptr));
}

// Catches: a host that loses its address when a lease ends that no client renews on the bridge; and
// an address of a router advertisement that stays when its router is gone.
TEST(HostConfig, EndlessAreLeasesAlone) {
  const HostConfig config = HostObjects(kNic)
                                .address("10.0.0.4/16", 0, 600)
                                .address("fd00::4/128", 0, 600)
                                .address("fd00:1::4/64", 0, 600)
                                .read()
                                .endless();
  HostConfig::Messages messages;
  config.append_addresses(messages, kBridge);
  std::vector<std::string> with_an_end;
  for (const net::NetlinkMessage& each : messages) {
    const net::Attributes attributes(nlmsg_hdr(each.get()), sizeof(ifaddrmsg));
    if (attributes.bytes(IFA_CACHEINFO)) with_an_end.push_back(in_short(each));
  }
  EXPECT_EQ(messages.size(), 3U);
  EXPECT_THAT(with_an_end, ElementsAre("+address fd00:1::4/64 dev 9"));
}

}  // namespace
}  // namespace azcni::network
