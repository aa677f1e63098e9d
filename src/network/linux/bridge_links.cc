#include "bridge_links.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/net/attributes.h"

namespace azcni::network {
namespace {

net::NetlinkMessage fdb_message(int type, int flags, unsigned port, const net::MacAddress& mac) {
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = static_cast<int>(port);
  header.ndm_state = NUD_NOARP;
  header.ndm_flags = NTF_MASTER;
  net::NetlinkMessage message(type, flags, header);
  message.put(NDA_LLADDR, mac);
  return message;
}

}  // namespace

void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu) {
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, name)
      .put(IFLA_ADDRESS, mac)
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

void set_master(net::Netlink& netlink, const LinkId& link, unsigned master) {
  net::NetlinkMessage message = master_message(link.index, master);
  netlink.request(message, "set the master of link " + to_string(link) + " to " +
                               (master == 0 ? "none" : std::to_string(master)));
}

void set_hairpin(net::Netlink& netlink, const LinkId& port, bool on) {
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  header.ifi_index = static_cast<int>(port.index);
  net::NetlinkMessage message(RTM_SETLINK, 0, header);
  const std::uint8_t value = on ? 1 : 0;
  message.nest(IFLA_PROTINFO | NLA_F_NESTED,
               [&] { message.put(IFLA_BRPORT_MODE, &value, sizeof value); });
  netlink.request(message, "set hairpin of port " + to_string(port));
}

void add_static_fdb_entry(net::Netlink& netlink, const LinkId& port, const net::MacAddress& mac) {
  net::NetlinkMessage message =
      fdb_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, port.index, mac);
  netlink.request(message, "add fdb entry " + net::to_string(mac) + " at port " + to_string(port));
}

void delete_static_fdb_entry(net::Netlink& netlink, const LinkId& port,
                             const net::MacAddress& mac) {
  net::NetlinkMessage message = fdb_message(RTM_DELNEIGH, 0, port.index, mac);
  netlink.request_unless_absent(
      message, "delete fdb entry " + net::to_string(mac) + " of port " + to_string(port));
}

bool is_forwarding(net::Netlink& netlink, const std::string& port) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, port);
  bool forwarding = false;
  netlink.get(message, "look up the state of port " + port, [&](nlmsghdr* answer) {
    forwarding = net::Attributes(answer, sizeof(ifinfomsg))
                     .nested(IFLA_LINKINFO)
                     .nested(IFLA_INFO_SLAVE_DATA)
                     .u8(IFLA_BRPORT_STATE) == BR_STATE_FORWARDING;
  });
  return forwarding;
}

std::optional<unsigned> find_master_index(net::Netlink& netlink, const std::string& name) {
  const auto link = find_link(netlink, name);
  return link ? std::optional(link->master) : std::nullopt;
}

}  // namespace azcni::network
