#include "routes.h"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "azcni/net/attributes.h"

namespace azcni::network {
namespace {

/// Below it are the metrics that others choose for a second best route.
constexpr std::uint32_t kFallbackMetric = 1000;

std::string to_string(const RouteSpec& route) {
  return "route " + net::to_string(route.destination) +
         (route.gateway ? " via " + net::to_string(*route.gateway) : std::string()) + " on " +
         to_string(route.link);
}

rtmsg header_of(const RouteSpec& route) {
  rtmsg header{};
  header.rtm_family = net::family_number(route.destination.address.family());
  header.rtm_dst_len = route.destination.length;
  const std::uint32_t table = route.metrics.table.value_or(RT_TABLE_MAIN);
  header.rtm_table = static_cast<unsigned char>(table < 256 ? table : RT_TABLE_UNSPEC);
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = static_cast<unsigned char>(
      route.metrics.scope.value_or(route.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK));
  header.rtm_type = RTN_UNICAST;
  // The way to the gateway is in the main table.
  if (route.gateway && route.metrics.table) header.rtm_flags = RTNH_F_ONLINK;
  return header;
}

net::NetlinkMessage route_message(int type, int flags, const RouteSpec& route) {
  net::NetlinkMessage message(type, flags, header_of(route));
  if (route.destination.length > 0) message.put(RTA_DST, route.destination.address);
  if (route.gateway) message.put(RTA_GATEWAY, *route.gateway);
  message.put_u32(RTA_OIF, route.link.index);
  const net::RouteMetrics& metrics = route.metrics;
  if (metrics.table) message.put_u32(RTA_TABLE, *metrics.table);
  if (metrics.priority) message.put_u32(RTA_PRIORITY, *metrics.priority);
  if (metrics.mtu || metrics.advmss) {
    message.nest(RTA_METRICS, [&] {
      if (metrics.mtu) message.put_u32(RTAX_MTU, *metrics.mtu);
      if (metrics.advmss) message.put_u32(RTAX_ADVMSS, *metrics.advmss);
    });
  }
  return message;
}

net::NetlinkMessage new_route(const RouteSpec& route) {
  return route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

RouteSpec parse_route(nlmsghdr* message, net::Family family) {
  const auto* header = static_cast<rtmsg*>(nlmsg_data(message));
  const net::Attributes attributes(message, sizeof *header);
  const net::Attributes metrics = attributes.nested(RTA_METRICS);
  RouteSpec route{net::Prefix::everything(family), std::nullopt, {}};
  route.destination.length = header->rtm_dst_len;
  if (const auto destination = attributes.ip(RTA_DST, family))
    route.destination.address = *destination;
  route.gateway = attributes.ip(RTA_GATEWAY, family);
  route.link.index = attributes.u32(RTA_OIF).value_or(0);
  route.metrics = {.mtu = metrics.u32(RTAX_MTU),
                   .advmss = metrics.u32(RTAX_ADVMSS),
                   .priority = attributes.u32(RTA_PRIORITY),
                   .table = attributes.u32(RTA_TABLE).value_or(header->rtm_table),
                   .scope = header->rtm_scope};
  return route;
}

template <typename T>
bool fits(const std::optional<T>& found, const std::optional<T>& wanted) {
  return !wanted || found == wanted;
}

}  // namespace

void add_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = new_route(route);
  netlink.request(message, "add " + to_string(route));
}

void ensure_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = new_route(route);
  netlink.request_unless_present(message, "add " + to_string(route));
}

void delete_route(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage message = route_message(RTM_DELROUTE, 0, route);
  netlink.request_unless_absent(message, "delete " + to_string(route));
}

void add_route_with_next_free_metric(net::Netlink& netlink, const RouteSpec& route) {
  net::NetlinkMessage first = new_route(route);
  if (netlink.request_unless_present(first, "add " + to_string(route))) return;
  RouteSpec behind = route;
  behind.metrics.priority = kFallbackMetric + route.link.index;
  net::NetlinkMessage second = new_route(behind);
  netlink.request(second, "add " + to_string(route) + " behind another");
}

std::optional<unsigned> find_host_route(net::Netlink& netlink, const net::IpAddress& address) {
  rtmsg header{};
  header.rtm_family = net::family_number(address.family());
  header.rtm_dst_len = address.bits();
  header.rtm_flags = RTM_F_FIB_MATCH;  // the table's entry, not the route made of it
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  message.put(RTA_DST, address);
  std::optional<unsigned> link;
  netlink.get(message, "look up the route to " + net::to_string(address), [&](nlmsghdr* answer) {
    const auto* found = static_cast<rtmsg*>(nlmsg_data(answer));
    const RouteSpec route = parse_route(answer, address.family());
    const bool is_ours = found->rtm_type == RTN_UNICAST && found->rtm_protocol == RTPROT_STATIC;
    if (is_ours && route.destination == net::Prefix::single(address) && !route.gateway)
      link = route.link.index;
  });
  return link;
}

std::vector<RouteSpec> list_routes(net::Netlink& netlink, net::Family family) {
  rtmsg header{};
  header.rtm_family = net::family_number(family);
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  std::vector<RouteSpec> routes;
  netlink.dump(
      message, "list routes", [&] { routes.clear(); },
      [&](nlmsghdr* answer) {
        if (static_cast<rtmsg*>(nlmsg_data(answer))->rtm_type != RTN_UNICAST) return;
        routes.push_back(parse_route(answer, family));
      });
  return routes;
}

bool contains(const std::vector<RouteSpec>& routes, const RouteSpec& wanted) {
  return std::any_of(routes.begin(), routes.end(), [&](const RouteSpec& found) {
    return found.destination == wanted.destination && found.gateway == wanted.gateway &&
           found.link == wanted.link &&
           found.metrics.table == wanted.metrics.table.value_or(RT_TABLE_MAIN) &&
           fits(found.metrics.priority, wanted.metrics.priority) &&
           fits(found.metrics.mtu, wanted.metrics.mtu) &&
           fits(found.metrics.advmss, wanted.metrics.advmss);
  });
}

}  // namespace azcni::network
