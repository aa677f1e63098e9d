// Whose addresses the containers' ends of veths have, asked of the kernel by the links' own word
// for the other namespace (IFLA_LINK_NETNSID).

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/attributes.h"
#include "azcni/net/interfaces.h"
#include "azcni/net/netlink.h"

namespace azcni::net {
namespace {

struct Found {
  VethPair pair;
  std::uint32_t peer_index = 0;
  std::uint32_t netns = 0;  ///< as this namespace numbers it
};

std::optional<Found> parse_end(const ifinfomsg&, const Attributes& link) {
  const auto peer = link.u32(IFLA_LINK), netns = link.u32(IFLA_LINK_NETNSID);
  if (!peer || !netns || link.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND) != "veth")
    return std::nullopt;
  Found end;
  end.pair.link = link.text(IFLA_IFNAME).value_or("");
  end.pair.mac = link.mac(IFLA_ADDRESS).value_or(MacAddress{});
  end.pair.mtu = link.u32(IFLA_MTU).value_or(0);
  end.peer_index = *peer;
  end.netns = *netns;
  return end;
}

std::vector<Found> list_ends(Netlink& netlink) {
  NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return netlink.list<ifinfomsg>(message, "list links", parse_end);
}

void ask_for_peer(Found& end, Netlink& netlink) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(end.peer_index);
  NetlinkMessage message(RTM_GETLINK, 0, header);
  message.put_u32(IFLA_TARGET_NETNSID, end.netns);
  netlink.get(message, "look up the other end of " + end.pair.link, [&](nlmsghdr* answer) {
    const Attributes link(answer, sizeof header);
    end.pair.peer = link.text(IFLA_IFNAME).value_or("");
    end.pair.peer_mac = link.mac(IFLA_ADDRESS).value_or(MacAddress{});
  });
}

bool is_link_local(const IpAddress& address) {
  static const Prefix link_local = parse_prefix("fe80::/10").value();
  return !address.is_ipv4() && link_local.contains(address);
}

void ask_for_addresses(Found& end, Family family, Netlink& netlink) {
  ifaddrmsg header{};
  header.ifa_family = family_number(family);
  header.ifa_index = end.peer_index;
  NetlinkMessage message(RTM_GETADDR, 0, header);
  message.put_u32(IFA_TARGET_NETNSID, end.netns);
  const auto parse = [&](const ifaddrmsg& found, const Attributes& attributes) {
    const auto address = attributes.ip(family == Family::kIpv4 ? IFA_LOCAL : IFA_ADDRESS, family);
    const bool counts = found.ifa_index == end.peer_index && address && !is_link_local(*address);
    return counts ? address : std::nullopt;
  };
  const auto addresses = netlink.list<ifaddrmsg>(
      message, "list the addresses behind " + end.pair.link, parse, Netlink::IfAbsent::kNone);
  end.pair.addresses.insert(end.pair.addresses.end(), addresses.begin(), addresses.end());
}

}  // namespace

std::vector<VethPair> list_veth_pairs() {
  std::vector<VethPair> pairs;
  Netlink netlink;
  if (!netlink.filter_dumps()) return pairs;  // addresses would be this namespace's own
  for (Found& end : list_ends(netlink)) {
    try {
      ask_for_peer(end, netlink);
      for (const Family family : {Family::kIpv4, Family::kIpv6})
        ask_for_addresses(end, family, netlink);
      pairs.push_back(std::move(end.pair));
    } catch (const Error& error) {
      log::info("{}", error.what());  // its namespace may have ended meanwhile
    }
  }
  return pairs;
}

}  // namespace azcni::net
