#include "azcni/net/interfaces.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "azcni/net/attributes.h"
#include "azcni/net/netlink.h"

namespace azcni::net {
namespace {

struct Link {
  Interface interface;
  unsigned master = 0;
};

Link parse_link(nlmsghdr* message) {
  const auto* header = static_cast<ifinfomsg*>(nlmsg_data(message));
  Link parsed;
  Interface& link = parsed.interface;
  link.index = static_cast<unsigned>(header->ifi_index);
  const Attributes attributes(message, sizeof *header);
  link.name = attributes.text(IFLA_IFNAME).value_or("");
  link.mac = attributes.mac(IFLA_ADDRESS).value_or(MacAddress{});
  link.kind = attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND).value_or("");
  parsed.master = attributes.u32(IFLA_MASTER).value_or(0);
  return parsed;
}

std::string name_of(unsigned index) {
  char name[IF_NAMESIZE] = {};
  return ::if_indextoname(index, name) == nullptr ? std::to_string(index) : name;
}

}  // namespace

std::vector<Interface> list_interfaces() {
  std::vector<Link> links;
  Netlink netlink;
  NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  netlink.dump(
      message, "list links", [&] { links.clear(); },
      [&](nlmsghdr* answer) { links.push_back(parse_link(answer)); });

  std::vector<Interface> interfaces;
  for (Link& link : links) {
    const auto is_master = [&](const Link& each) { return each.interface.index == link.master; };
    const auto master = std::find_if(links.begin(), links.end(), is_master);
    const bool below_bridge = master != links.end() && master->interface.kind == "bridge";
    if (below_bridge) link.interface.bridge = link.master;
    link.interface.enslaved = link.master != 0 && !below_bridge;
    interfaces.push_back(link.interface);
  }
  std::sort(interfaces.begin(), interfaces.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return interfaces;
}

std::string nic_name(const std::string& interface) { return interface; }

std::optional<Interface> find_interface_in(const Prefix& subnet) {
  std::vector<unsigned> holders;
  Netlink netlink;
  ifaddrmsg header{};
  header.ifa_family = family_number(subnet.address.family());
  NetlinkMessage message(RTM_GETADDR, 0, header);
  netlink.dump(
      message, "list addresses", [&] { holders.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<ifaddrmsg*>(nlmsg_data(answer));
        const auto address =
            Attributes(answer, sizeof *found)
                .ip(subnet.address.is_ipv4() ? IFA_LOCAL : IFA_ADDRESS, subnet.address.family());
        if (address && subnet.contains(*address)) holders.push_back(found->ifa_index);
      });
  const auto holds = [&](unsigned index) {
    return index != 0 && std::find(holders.begin(), holders.end(), index) != holders.end();
  };
  for (const Interface& link : list_interfaces()) {
    if (can_be_nic(link) && (holds(link.index) || holds(link.bridge))) return link;
  }
  return std::nullopt;
}

std::optional<Interface> find_default_interface() {
  struct Best {
    unsigned index = 0;
    std::uint32_t metric = 0;
  };
  Best best;
  Netlink netlink;
  rtmsg header{};
  header.rtm_family = AF_INET;
  NetlinkMessage message(RTM_GETROUTE, 0, header);
  netlink.dump(
      message, "list routes", [&] { best = {}; },
      [&](nlmsghdr* answer) {
        const auto* route = static_cast<rtmsg*>(nlmsg_data(answer));
        const Attributes attributes(answer, sizeof *route);
        if (route->rtm_dst_len != 0 || route->rtm_table != RT_TABLE_MAIN) return;
        const auto out = attributes.u32(RTA_OIF);
        if (!out) return;
        const std::uint32_t metric = attributes.u32(RTA_PRIORITY).value_or(0);
        if (best.index != 0 && best.metric <= metric) return;
        best = {*out, metric};
      });
  for (const Interface& link : list_interfaces()) {
    const bool leads_there =
        link.index == best.index || (link.bridge != 0 && link.bridge == best.index);
    if (can_be_nic(link) && leads_there) return link;
  }
  return std::nullopt;
}

std::optional<std::string> find_user_of(const IpAddress& address) {
  Netlink netlink;
  rtmsg header{};
  header.rtm_family = family_number(address.family());
  header.rtm_dst_len = address.bits();
  header.rtm_flags = RTM_F_FIB_MATCH;  // the table's entry (Linux 4.13), not the route made of it
  NetlinkMessage message(RTM_GETROUTE, 0, header);
  message.put(RTA_DST, address);
  std::optional<std::string> user;
  netlink.get(message, "look up the route to " + to_string(address), [&](nlmsghdr* answer) {
    const auto* route = static_cast<rtmsg*>(nlmsg_data(answer));
    if (route->rtm_dst_len != address.bits()) return;
    const auto out = Attributes(answer, sizeof *route).u32(RTA_OIF);
    const std::string name = out ? name_of(*out) : "nowhere";
    user = (route->rtm_type == RTN_LOCAL ? "an address of " : "a host route to ") + name;
  });
  return user;
}

}  // namespace azcni::net
