#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "azcni/base/unique_fd.h"
#include "links.h"

namespace azcni::network {
namespace {

unsigned char family_number(net::Family family) {
  return family == net::Family::kIpv4 ? AF_INET : AF_INET6;
}

void put_ip(net::NetlinkMessage& message, int attribute, const net::IpAddress& address) {
  message.put(attribute, address.bytes().data(), address.bytes().size());
}

net::IpAddress get_ip(net::Family family, const nlattr* attribute) {
  return {family,
          {static_cast<std::uint8_t*>(nla_data(attribute)),
           static_cast<std::size_t>(nla_len(attribute))}};
}

std::string describe(const RouteSpec& route) {
  return "route " + net::to_string(route.destination) +
         (route.gateway ? " via " + net::to_string(*route.gateway) : std::string()) + " on link " +
         std::to_string(route.index);
}

/// Below it are the metrics that others choose for a second best route.
constexpr std::uint32_t kBehindMetric = 1000;

net::NetlinkMessage route_message(int type, int flags, const RouteSpec& route,
                                  std::uint32_t metric) {
  rtmsg header{};
  header.rtm_family = family_number(route.destination.address.family());
  header.rtm_dst_len = route.destination.length;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = route.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  net::NetlinkMessage message(type, flags, header);
  if (route.destination.length > 0) put_ip(message, RTA_DST, route.destination.address);
  if (route.gateway) put_ip(message, RTA_GATEWAY, *route.gateway);
  message.put_u32(RTA_OIF, route.index);
  if (metric != 0) message.put_u32(RTA_PRIORITY, metric);
  return message;
}

net::NetlinkMessage new_route(const RouteSpec& route, std::uint32_t metric = 0) {
  return route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, metric);
}

}  // namespace

bool has_ipv4_address(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return ::ioctl(socket.get(), SIOCGIFADDR, &request) == 0;
}

void add_address(net::Netlink& netlink, unsigned index, const net::Prefix& address) {
  ifaddrmsg header{};
  header.ifa_family = family_number(address.address.family());
  header.ifa_prefixlen = address.length;
  header.ifa_index = index;
  net::NetlinkMessage message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
  put_ip(message, IFA_LOCAL, address.address);
  put_ip(message, IFA_ADDRESS, address.address);
  // Azure gave the address to this VM alone: nothing to detect, and usable at once.
  message.put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | (address.address.is_ipv4() ? 0U : IFA_F_NODAD));
  netlink.request(message,
                  "add address " + net::to_string(address) + " to link " + std::to_string(index));
}

std::vector<net::Prefix> list_addresses(net::Netlink& netlink, unsigned index, net::Family family) {
  ifaddrmsg header{};
  header.ifa_family = family_number(family);
  net::NetlinkMessage message(RTM_GETADDR, 0, header);
  std::vector<net::Prefix> addresses;
  netlink.dump(
      message, "list addresses", [&] { addresses.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<ifaddrmsg*>(nlmsg_data(answer));
        const nlattr* address = nlmsg_find_attr(
            answer, sizeof *found, family == net::Family::kIpv4 ? IFA_LOCAL : IFA_ADDRESS);
        if (found->ifa_index == index && address != nullptr) {
          addresses.push_back({get_ip(family, address), found->ifa_prefixlen});
        }
      });
  return addresses;
}

void add_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = new_route(route);
  netlink.request(message, "add " + describe(route));
}

void ensure_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = new_route(route);
  netlink.request_unless_present(message, "add " + describe(route));
}

void delete_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = route_message(RTM_DELROUTE, 0, route, 0);
  netlink.request_unless_absent(message, "delete " + describe(route));
}

void add_route_behind(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage first = new_route(route);
  if (netlink.request_unless_present(first, "add " + describe(route))) return;
  net::NetlinkMessage behind = new_route(route, kBehindMetric + route.index);
  netlink.request(behind, "add " + describe(route) + " behind another");
}

std::vector<RouteSpec> list_routes(net::Netlink& netlink, net::Family family) {
  rtmsg header{};
  header.rtm_family = family_number(family);
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  std::vector<RouteSpec> routes;
  netlink.dump(
      message, "list routes", [&] { routes.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<rtmsg*>(nlmsg_data(answer));
        if (found->rtm_table != RT_TABLE_MAIN || found->rtm_type != RTN_UNICAST) return;
        nlattr* attributes[RTA_MAX + 1];
        nlmsg_parse(answer, sizeof *found, attributes, RTA_MAX, nullptr);
        RouteSpec route{net::Prefix::everything(family), std::nullopt, 0};
        route.destination.length = found->rtm_dst_len;
        if (attributes[RTA_DST] != nullptr)
          route.destination.address = get_ip(family, attributes[RTA_DST]);
        if (attributes[RTA_GATEWAY] != nullptr)
          route.gateway = get_ip(family, attributes[RTA_GATEWAY]);
        if (attributes[RTA_OIF] != nullptr) route.index = nla_get_u32(attributes[RTA_OIF]);
        routes.push_back(route);
      });
  return routes;
}

void put_neighbour(net::Netlink& netlink, const Neighbour& neighbour) {
  ndmsg header{};
  header.ndm_family = family_number(neighbour.address.family());
  header.ndm_ifindex = static_cast<int>(neighbour.index);
  header.ndm_state = NUD_PERMANENT;
  net::NetlinkMessage message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
  put_ip(message, NDA_DST, neighbour.address);
  message.put(NDA_LLADDR, neighbour.mac.bytes.data(), 6);
  netlink.request(message, "add neighbour " + net::to_string(neighbour.address) + " at " +
                               net::to_string(neighbour.mac) + " on link " +
                               std::to_string(neighbour.index));
}

void delete_neighbour(net::Netlink& netlink, const Neighbour& neighbour) {
  ndmsg header{};
  header.ndm_family = family_number(neighbour.address.family());
  header.ndm_ifindex = static_cast<int>(neighbour.index);
  net::NetlinkMessage message(RTM_DELNEIGH, 0, header);
  put_ip(message, NDA_DST, neighbour.address);
  netlink.request_unless_absent(message, "delete neighbour " + net::to_string(neighbour.address));
}

std::vector<Neighbour> list_neighbours(net::Netlink& netlink, unsigned index, net::Family family) {
  ndmsg header{};
  header.ndm_family = family_number(family);
  header.ndm_ifindex = static_cast<int>(index);
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header);
  std::vector<Neighbour> neighbours;
  netlink.dump(
      message, "list neighbours", [&] { neighbours.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<ndmsg*>(nlmsg_data(answer));
        nlattr* attributes[NDA_MAX + 1];
        nlmsg_parse(answer, sizeof *found, attributes, NDA_MAX, nullptr);
        if (static_cast<unsigned>(found->ndm_ifindex) != index || attributes[NDA_DST] == nullptr)
          return;
        Neighbour neighbour{get_ip(family, attributes[NDA_DST]),
                            {},
                            index,
                            (found->ndm_state & NUD_PERMANENT) != 0};
        if (attributes[NDA_LLADDR] != nullptr && nla_len(attributes[NDA_LLADDR]) == 6) {
          nla_memcpy(neighbour.mac.bytes.data(), attributes[NDA_LLADDR], 6);
        }
        neighbours.push_back(neighbour);
      });
  return neighbours;
}

}  // namespace azcni::network
