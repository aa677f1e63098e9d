#include "bridge_links.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace azcni::network {
namespace {

net::NetlinkMessage fdb_message(int type, int flags, unsigned port, const net::MacAddress& mac) {
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = static_cast<int>(port);
  header.ndm_state = NUD_NOARP;
  header.ndm_flags = NTF_MASTER;
  net::NetlinkMessage message(type, flags, header);
  message.put(NDA_LLADDR, mac.bytes.data(), 6);
  return message;
}

}  // namespace

void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu) {
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, name)
      .put(IFLA_ADDRESS, mac.bytes.data(), 6)
      .put_u32(IFLA_MTU, mtu)
      .put_u32(IFLA_GROUP, kBridgeGroup);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, std::string_view("bridge"));
    message.nest(IFLA_INFO_DATA, [&] {
      message.put_u32(IFLA_BR_FORWARD_DELAY, 0).put_u32(IFLA_BR_STP_STATE, 0);
      // Snooping would hold back the neighbour discovery of containers that nobody has queried.
      const std::uint8_t off = 0;
      message.put(IFLA_BR_MCAST_SNOOPING, &off, sizeof off);
    });
  });
  netlink.request(message, "create bridge " + name);
}

net::NetlinkMessage master_message(unsigned index, unsigned master) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  net::NetlinkMessage message(RTM_NEWLINK, 0, header);
  message.put_u32(IFLA_MASTER, master);
  return message;
}

void set_master(net::Netlink& netlink, unsigned index, unsigned master, const std::string& name) {
  net::NetlinkMessage message = master_message(index, master);
  netlink.request(message, "set the master of link " + name + " to " +
                               (master == 0 ? "none" : std::to_string(master)));
}

void set_hairpin(net::Netlink& netlink, unsigned port, bool on, const std::string& name) {
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  header.ifi_index = static_cast<int>(port);
  net::NetlinkMessage message(RTM_SETLINK, 0, header);
  const std::uint8_t value = on ? 1 : 0;
  message.nest(IFLA_PROTINFO | NLA_F_NESTED,
               [&] { message.put(IFLA_BRPORT_MODE, &value, sizeof value); });
  netlink.request(message, "set hairpin of port " + name);
}

void add_static_fdb_entry(net::Netlink& netlink, unsigned port, const net::MacAddress& mac) {
  net::NetlinkMessage message = fdb_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, port, mac);
  netlink.request(message, "pin " + net::to_string(mac) + " to port " + std::to_string(port));
}

void unpin_mac(net::Netlink& netlink, unsigned port, const net::MacAddress& mac) {
  net::NetlinkMessage message = fdb_message(RTM_DELNEIGH, 0, port, mac);
  netlink.request_unless_absent(
      message, "unpin " + net::to_string(mac) + " from port " + std::to_string(port));
}

bool is_forwarding(net::Netlink& netlink, const std::string& port) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, port);
  bool forwarding = false;
  netlink.get(message, "look up the state of port " + port, [&](nlmsghdr* answer) {
    nlattr* info = nlmsg_find_attr(answer, sizeof(ifinfomsg), IFLA_LINKINFO);
    if (info == nullptr) return;
    nlattr* kinds[IFLA_INFO_MAX + 1];
    nla_parse_nested(kinds, IFLA_INFO_MAX, info, nullptr);
    if (kinds[IFLA_INFO_SLAVE_DATA] == nullptr) return;
    nlattr* data[IFLA_BRPORT_MAX + 1];
    nla_parse_nested(data, IFLA_BRPORT_MAX, kinds[IFLA_INFO_SLAVE_DATA], nullptr);
    forwarding = data[IFLA_BRPORT_STATE] != nullptr &&
                 nla_get_u8(data[IFLA_BRPORT_STATE]) == BR_STATE_FORWARDING;
  });
  return forwarding;
}

std::optional<unsigned> find_master_index(net::Netlink& netlink, const std::string& name) {
  const auto link = find_link(netlink, name);
  return link ? std::optional(link->master) : std::nullopt;
}

}  // namespace azcni::network
