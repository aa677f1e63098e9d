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

std::optional<Link> parse_link(const ifinfomsg& header, const Attributes& attributes) {
  Link parsed;
  Interface& link = parsed.interface;
  link.index = static_cast<unsigned>(header.ifi_index);
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
  std::vector<Link> links = Netlink().list<ifinfomsg>(NetlinkMessage(RTM_GETLINK, 0, ifinfomsg{}),
                                                      "list links", parse_link);
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

bool networks_span_nics() { return true; }

std::optional<Interface> find_interface_in(const Prefix& subnet) {
  const Family family = subnet.address.family();
  ifaddrmsg header{};
  header.ifa_family = family_number(family);
  const auto holder = [&](const ifaddrmsg& found, const Attributes& attributes) {
    const auto address = attributes.ip(subnet.address.is_ipv4() ? IFA_LOCAL : IFA_ADDRESS, family);
    const bool is_in = address && subnet.contains(*address);
    return is_in ? std::optional(found.ifa_index) : std::nullopt;
  };
  const auto holders =
      Netlink().list<ifaddrmsg>(NetlinkMessage(RTM_GETADDR, 0, header), "list addresses", holder);
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
    std::uint32_t metric = 0;
    unsigned index = 0;
  };
  rtmsg header{};
  header.rtm_family = AF_INET;
  const auto parse = [](const rtmsg& route, const Attributes& attributes) -> std::optional<Best> {
    const auto out = attributes.u32(RTA_OIF);
    if (route.rtm_dst_len != 0 || route.rtm_table != RT_TABLE_MAIN || !out) return std::nullopt;
    return Best{attributes.u32(RTA_PRIORITY).value_or(0), *out};
  };
  const auto routes =
      Netlink().list<rtmsg>(NetlinkMessage(RTM_GETROUTE, 0, header), "list routes", parse);
  const auto first =
      std::min_element(routes.begin(), routes.end(),
                       [](const auto& a, const auto& b) { return a.metric < b.metric; });
  const Best best = first == routes.end() ? Best{} : *first;
  for (const Interface& link : list_interfaces()) {
    const bool leads_there =
        link.index == best.index || (link.bridge != 0 && link.bridge == best.index);
    if (can_be_nic(link) && leads_there) return link;
  }
  return std::nullopt;
}

std::optional<std::string> find_user_of(const IpAddress& address) {
  rtmsg header{};
  header.rtm_family = family_number(address.family());
  header.rtm_dst_len = address.bits();
  header.rtm_flags = RTM_F_FIB_MATCH;  // the table's entry (Linux 4.13), not the route made of it
  const auto parse = [&](const rtmsg& route,
                         const Attributes& found) -> std::optional<std::string> {
    if (route.rtm_dst_len != address.bits()) return std::nullopt;
    const auto out = found.u32(RTA_OIF);
    const std::string name = out ? name_of(*out) : "nowhere";
    return (route.rtm_type == RTN_LOCAL ? "an address of " : "a host route to ") + name;
  };
  return Netlink().find<rtmsg>(NetlinkMessage(RTM_GETROUTE, 0, header).put(RTA_DST, address),
                               "look up the route to " + to_string(address), parse);
}

}  // namespace azcni::net
