#include "links.h"

#include <net/if.h>  // before the kernel's headers, which know them
#include <netinet/in.h>

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/attributes.h"

namespace azcni::network {

std::optional<Link> find_link(net::Netlink& netlink, const std::string& name) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, name);
  Link link;
  const bool found = netlink.get(message, "look up link " + name, [&](nlmsghdr* answer) {
    const auto* header = static_cast<ifinfomsg*>(nlmsg_data(answer));
    const net::Attributes attributes(answer, sizeof *header);
    link.index = static_cast<unsigned>(header->ifi_index);
    link.name = name;
    link.up = (header->ifi_flags & IFF_UP) != 0;
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
  });
  if (!found) return std::nullopt;
  return link;
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

void set_up(net::Netlink& netlink, const Link& link) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(link.index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  net::NetlinkMessage message(RTM_NEWLINK, 0, header);
  netlink.request(message, "set link " + link.name + " up");
}

void poll_until(const std::string& what, const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return log::warning("{}: not yet", what);
    static_cast<void>(::poll(nullptr, 0, 1));
  }
}

net::NetlinkMessage delete_message(unsigned index) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  return {RTM_DELLINK, 0, header};
}

bool delete_link(net::Netlink& netlink, const Link& link) {
  net::NetlinkMessage message = delete_message(link.index);
  return netlink.request_unless_absent(message, "delete link " + link.name);
}

}  // namespace azcni::network
