#include "links.h"

#include <net/if.h>  // before the kernel's headers, which know them
#include <netinet/in.h>

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/attributes.h"

namespace azcni::network {

namespace {

/// A parameter of an interface's IPv6, which a link's message has as an array.
std::optional<std::int32_t> ipv6_setting(const net::Attributes& link, std::size_t which) {
  const auto all = link.nested(IFLA_AF_SPEC).nested(AF_INET6).bytes(IFLA_INET6_CONF);
  std::int32_t value = 0;
  if (!all || all->size() < (which + 1) * sizeof value) return std::nullopt;
  std::memcpy(&value, all->data() + which * sizeof value, sizeof value);
  return value;
}

Link parse_link(const ifinfomsg& header, const net::Attributes& attributes) {
  Link link;
  link.index = static_cast<unsigned>(header.ifi_index);
  link.name = attributes.text(IFLA_IFNAME).value_or("");
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.oper_up = attributes.u8(IFLA_OPERSTATE) == IF_OPER_UP;
  link.mtu = attributes.u32(IFLA_MTU).value_or(0);
  link.master = attributes.u32(IFLA_MASTER).value_or(0);
  link.group = attributes.u32(IFLA_GROUP).value_or(0);
  const net::Attributes info = attributes.nested(IFLA_LINKINFO);
  const net::Attributes port = info.nested(IFLA_INFO_SLAVE_DATA);
  link.kind = info.text(IFLA_INFO_KIND).value_or("");
  link.hairpin = port.u8(IFLA_BRPORT_MODE) == 1;
  link.forwarding = port.u8(IFLA_BRPORT_STATE) == BR_STATE_FORWARDING;
  link.mac = attributes.mac(IFLA_ADDRESS).value_or(net::MacAddress{});
  link.accept_ra = ipv6_setting(attributes, DEVCONF_ACCEPT_RA);
  return link;
}

}  // namespace

std::optional<Link> find_link(net::Netlink& netlink, const std::string& name) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, name);
  Link link;
  const bool found = netlink.get(message, "look up link " + name, [&](nlmsghdr* answer) {
    const auto* header = static_cast<ifinfomsg*>(nlmsg_data(answer));
    link = parse_link(*header, net::Attributes(answer, sizeof *header));
  });
  if (!found) return std::nullopt;
  link.name = name;
  return link;
}

std::vector<Link> list_links(net::Netlink& netlink) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return netlink.list<ifinfomsg>(message, "list links", [](const auto& header, const auto& link) {
    return std::optional(parse_link(header, link));
  });
}

std::string link_name(unsigned index) {
  char name[IF_NAMESIZE] = {};
  return ::if_indextoname(index, name) == nullptr ? std::string() : name;
}

Link require_link(net::Netlink& netlink, const std::string& name) {
  const auto link = find_link(netlink, name);
  if (!link) throw Error(ErrorCode::kSystem, "look up link " + name + ": it has vanished");
  return *link;
}

Link require_nic(net::Netlink& netlink, const std::string& nic, const std::string& network) {
  if (const auto link = find_link(netlink, nic)) return *link;
  throw Error(ErrorCode::kNoMaster,
              "there is no interface \"" + nic + "\" to be the master of network " + network,
              "correct or leave out `master` of the configuration");
}

net::NetlinkMessage link_message(int type, unsigned index) {
  return {type, 0, ifinfomsg{AF_UNSPEC, 0, 0, static_cast<int>(index), 0, 0}};
}

net::NetlinkMessage up_message(unsigned index) {
  return {RTM_NEWLINK, 0, ifinfomsg{AF_UNSPEC, 0, 0, static_cast<int>(index), IFF_UP, IFF_UP}};
}

net::NetlinkMessage master_message(unsigned index, unsigned master) {
  net::NetlinkMessage message = link_message(RTM_NEWLINK, index);
  message.put_u32(IFLA_MASTER, master);
  return message;
}

bool delete_link(net::Netlink& netlink, const Link& link) {
  return netlink.request_unless_absent(link_message(RTM_DELLINK, link.index),
                                       "delete link " + link.name);
}

void poll_until(const std::string& what, const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return log::warning("{}: not yet", what);
    static_cast<void>(::poll(nullptr, 0, 1));
  }
}

void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu) {
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, name)
      .put(IFLA_ADDRESS, mac)
      .put_u32(IFLA_MTU, mtu)
      .put_u32(IFLA_GROUP, kBridgeGroup);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "bridge");
    message.nest(IFLA_INFO_DATA, [&] {
      message.put_u32(IFLA_BR_FORWARD_DELAY, 0).put_u32(IFLA_BR_STP_STATE, 0);
      // Snooping would hold back the neighbour discovery of containers that no querier has asked.
      const std::uint8_t off = 0;
      message.put(IFLA_BR_MCAST_SNOOPING, &off, sizeof off);
    });
  });
  netlink.request(message, "create bridge " + name);
}

void claim_bridge(net::Netlink& netlink, const Link& bridge) {
  if (bridge.group == kBridgeGroup) return;
  net::NetlinkMessage message = link_message(RTM_NEWLINK, bridge.index);
  message.put_u32(IFLA_GROUP, kBridgeGroup);
  netlink.request(message, "set the group of link " + bridge.name);
}

}  // namespace azcni::network
