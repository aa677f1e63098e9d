#include <linux/rtnetlink.h>

#include <cerrno>

#include "azcni/base/error.h"
#include "azcni/net/attributes.h"
#include "nic_bridge.h"
#include "objects.h"

namespace azcni::network {
namespace {

/// Below it are the metrics that others choose for a second best route.
constexpr std::uint32_t kFallbackMetric = 2000;
/// What the kernel gives a route of IPv6 that is to have none (IP6_RT_PRIO_USER).
constexpr std::uint32_t kNoMetric6 = 1024;

net::NetlinkMessage message_of(int type, int flags, const Route& route, Namespace& in) {
  const net::RouteMetrics& metrics = route.metrics;
  const std::uint32_t table = metrics.table.value_or(RT_TABLE_MAIN);
  const std::uint32_t scope =
      metrics.scope.value_or(route.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
  // The way to the gateway is in the main table.
  const unsigned onlink = route.gateway && metrics.table ? RTNH_F_ONLINK : 0;
  net::NetlinkMessage message(
      type, flags,
      rtmsg{net::family_number(route.destination.address.family()), route.destination.length, 0, 0,
            static_cast<unsigned char>(table < 256 ? table : RT_TABLE_UNSPEC), RTPROT_STATIC,
            static_cast<unsigned char>(scope), RTN_UNICAST, onlink});
  if (route.destination.length > 0) message.put(RTA_DST, route.destination.address);
  if (route.gateway) message.put(RTA_GATEWAY, *route.gateway);
  message.put_u32(RTA_OIF, in.index(route.link));
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

/// A route as the kernel has it.
struct Found {
  Route route;
  unsigned link = 0;
  unsigned char protocol = 0;
};

/// Of unicast.
std::optional<Found> parse(const rtmsg& header, const net::Attributes& attributes) {
  if (header.rtm_type != RTN_UNICAST) return std::nullopt;
  const net::Family family = header.rtm_family == AF_INET ? net::Family::kIpv4 : net::Family::kIpv6;
  const net::Attributes metrics = attributes.nested(RTA_METRICS);
  net::Prefix to = net::Prefix::everything(family);
  to = {attributes.ip(RTA_DST, family).value_or(to.address), header.rtm_dst_len};
  const net::RouteMetrics found{.mtu = metrics.u32(RTAX_MTU),
                                .advmss = metrics.u32(RTAX_ADVMSS),
                                .priority = attributes.u32(RTA_PRIORITY),
                                .table = attributes.u32(RTA_TABLE).value_or(header.rtm_table),
                                .scope = header.rtm_scope};
  return Found{{"", to, attributes.ip(RTA_GATEWAY, family), found},
               attributes.u32(RTA_OIF).value_or(0),
               header.rtm_protocol};
}

template <typename T>
bool fits(const std::optional<T>& found, const std::optional<T>& wanted) {
  return !wanted || found == wanted;
}

/// What is wanted of no metric may have any.
bool is_same(const Found& found, const Route& wanted, unsigned link) {
  const net::RouteMetrics &has = found.route.metrics, &asked = wanted.metrics;
  return found.link == link && found.route.destination == wanted.destination &&
         found.route.gateway == wanted.gateway &&
         has.table == asked.table.value_or(RT_TABLE_MAIN) && fits(has.priority, asked.priority) &&
         fits(has.mtu, asked.mtu) && fits(has.advmss, asked.advmss);
}

/// The last of its table.
constexpr std::uint32_t kLastMetric = ~0U;

net::NetlinkMessage message_of(int type, int flags, const Unreachable& route) {
  net::NetlinkMessage message(type, flags,
                              rtmsg{net::family_number(route.family), 0, 0, 0, RT_TABLE_UNSPEC,
                                    RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNREACHABLE, 0});
  message.put_u32(RTA_TABLE, route.table).put_u32(RTA_PRIORITY, kLastMetric);
  return message;
}

std::vector<Found> list_routes(net::Family family, Namespace& in) {
  const rtmsg header{net::family_number(family), 0, 0, 0, 0, 0, 0, 0, 0};
  return in.netlink().list<rtmsg>(net::NetlinkMessage(RTM_GETROUTE, 0, header), "list routes",
                                  parse);
}

template <typename Parse>
auto look_up(const net::IpAddress& address, unsigned flags, Namespace& in, const Parse& parsed) {
  const rtmsg header{net::family_number(address.family()), address.bits(), 0, 0, 0, 0, 0, 0, flags};
  return in.netlink().find<rtmsg>(
      net::NetlinkMessage(RTM_GETROUTE, 0, header).put(RTA_DST, address),
      "look up the route to " + net::to_string(address), parsed);
}

/// As this plugin makes them on the host, one for each address of a container.
bool is_single(const Route& route) {
  return !route.gateway && route.metrics == net::RouteMetrics{} &&
         route.destination == net::Prefix::single(route.destination.address);
}

bool is_to_container(const Found& found) {
  return found.protocol == RTPROT_STATIC && !found.route.gateway &&
         found.route.destination == net::Prefix::single(found.route.destination.address);
}

/// What is by a link of its own lives as long as that.
bool is_by_our_bridge(const Found& found, Namespace& in) {
  const std::string name = link_name(found.link);
  const auto link = in.find(name);
  return link && link->kind == "bridge" && nic_bridge::is_ours(name, *link);
}

std::string described(const Found& found) {
  Route route = found.route;
  route.link = link_name(found.link);
  route.metrics.scope.reset();
  if (route.metrics.table == RT_TABLE_MAIN) route.metrics.table.reset();
  return "`" + to_string(route) + "`";
}

bool has_no_metric(const Found& found) {
  const bool is_ipv4 = found.route.destination.address.is_ipv4();
  const std::uint32_t none = is_ipv4 ? 0 : kNoMetric6;
  return found.route.metrics.priority.value_or(none) == none;
}

Route with_fallback_metric(Route route, Namespace& in) {
  route.metrics.priority = kFallbackMetric + in.index(route.link);
  return route;
}

/// A route without a metric to the same place, by another interface of ours, later by name.
std::optional<Route> find_later(const std::vector<Found>& routes, const Route& route,
                                Namespace& in) {
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const Found& each) {
    return each.route.destination == route.destination && has_no_metric(each) &&
           each.route.metrics.table == RT_TABLE_MAIN && each.protocol == RTPROT_STATIC;
  });
  if (found == routes.end()) return std::nullopt;
  for (const Link& link : list_links(in.netlink())) {
    if (link.index != found->link || link.kind != "veth" || link.name < route.link) continue;
    Route later = found->route;
    later.link = link.name;
    later.metrics.table.reset();
    return later;
  }
  return std::nullopt;
}

/// The later one gets a metric before it loses the route that has none: it is never without. Again
/// at the end, since a third interface may do the same at this moment, and IPv4 knows no word for
/// "the route without a metric".
bool take_from(const Route& later, const Route& route, Namespace& in) {
  const auto add = [&](const Route& each) {
    return in.netlink().request_unless_present(
        message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, each, in),
        "add `" + to_string(each) + "`");
  };
  const Route behind = with_fallback_metric(later, in);
  add(behind);
  in.netlink().request_unless_absent(message_of(RTM_DELROUTE, 0, later, in),
                                     "undo `" + to_string(later) + "`");
  const bool is_taken = add(route);
  add(behind);
  return is_taken;
}

/// Of a container's interfaces the first by name has the route without a metric, whichever was
/// attached first.
void put_in_order(const Route& route, std::vector<Found> routes, Namespace& in) {
  constexpr int kTries = 8;  // others may be attached at this moment
  for (int i = 0; i < kTries; ++i) {
    const auto later = find_later(routes, route, in);
    if (!later) break;
    if (take_from(*later, route, in)) return;
    routes = list_routes(route.destination.address.family(), in);
  }
  const Route behind = with_fallback_metric(route, in);
  in.netlink().request(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, behind, in),
                       "add `" + to_string(behind) + "`");
}

}  // namespace

void append_creation(const Route& route, Namespace& in, Messages& messages) {
  messages.push_back(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, in));
}

void append_removal(const Route& route, Namespace& in, Messages& messages) {
  messages.push_back(message_of(RTM_DELROUTE, 0, route, in));
}

bool is_there(const Route& route, Namespace& in) {
  const auto link = in.find(route.link);
  if (!link) return false;
  // A host has one for each container: not all are listed to find one.
  if (is_single(route) && find_host_route(route.destination.address, in) == link->index)
    return true;
  const auto routes = list_routes(route.destination.address.family(), in);
  return std::any_of(routes.begin(), routes.end(),
                     [&](const Found& each) { return is_same(each, route, link->index); });
}

void put_beside_another(const Route& route, Namespace& in) {
  const unsigned link = in.index(route.link);
  const auto routes = list_routes(route.destination.address.family(), in);
  const auto same = [&](const Found& each) { return is_same(each, route, link); };
  if (std::any_of(routes.begin(), routes.end(), same)) return;
  if (route.behind) return put_in_order(route, routes, in);
  const auto in_the_way = std::find_if(routes.begin(), routes.end(), [&](const Found& each) {
    return each.route.destination == route.destination &&
           each.route.metrics.table == route.metrics.table.value_or(RT_TABLE_MAIN) &&
           fits(each.route.metrics.priority, route.metrics.priority);
  });
  if (in_the_way == routes.end() || !is_to_container(*in_the_way) ||
      !is_by_our_bridge(*in_the_way, in)) {
    throw Error(ErrorCode::kSystem,
                "add `" + to_string(route) + "`: there is another route to that already" +
                    (in_the_way == routes.end() ? "" : ": " + described(*in_the_way)),
                "remove the other one, or have IPAM name no such route", EEXIST);
  }
  // Of a container that is gone: its address was given to this one.
  in.netlink().request(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route, in),
                       "replace " + described(*in_the_way));
}

void append_creation(const Unreachable& route, Namespace&, Messages& messages) {
  messages.push_back(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route));
}

void append_removal(const Unreachable& route, Namespace&, Messages& messages) {
  messages.push_back(message_of(RTM_DELROUTE, 0, route));
}

bool is_there(const Unreachable& route, Namespace& in) {
  const rtmsg header{net::family_number(route.family), 0, 0, 0, 0, 0, 0, 0, 0};
  const auto same = [&](const rtmsg& found, const net::Attributes& attributes) {
    const bool is_same = found.rtm_type == RTN_UNREACHABLE && found.rtm_dst_len == 0 &&
                         attributes.u32(RTA_TABLE) == route.table;
    return is_same ? std::optional(true) : std::nullopt;
  };
  return !in.netlink()
              .list<rtmsg>(net::NetlinkMessage(RTM_GETROUTE, 0, header), "list routes", same)
              .empty();
}

std::string to_string(const Unreachable& route) {
  return std::string(route.family == net::Family::kIpv4 ? "ip" : "ip -6") +
         " route add unreachable default table " + std::to_string(route.table) + " metric " +
         std::to_string(kLastMetric);
}

std::optional<unsigned> find_host_route(const net::IpAddress& address, Namespace& in) {
  // The table's entry, not the route made of it.
  const auto found = look_up(address, RTM_F_FIB_MATCH, in, parse);
  const bool is_host_route =
      found && is_to_container(*found) && found->route.destination.address == address;
  return is_host_route ? std::optional(found->link) : std::nullopt;
}

bool has_local_route(const net::IpAddress& address, Namespace& in) {
  return look_up(address, 0, in, [](const rtmsg& route, const net::Attributes&) {
           return std::optional(route.rtm_type == RTN_LOCAL);
         }) == true;
}

std::string to_string(const Route& route) {
  const net::RouteMetrics& metrics = route.metrics;
  std::string text =
      (route.destination.length == 0 && !route.destination.address.is_ipv4() ? "ip -6" : "ip") +
      std::string(" route add ") +
      (route.destination.length == 0 ? "default" : net::to_string(route.destination));
  if (route.gateway) text += " via " + net::to_string(*route.gateway);
  text += " dev " + route.link;
  const auto append = [&](const char* word, const std::optional<std::uint32_t>& value) {
    if (value) text += std::string(" ") + word + " " + std::to_string(*value);
  };
  append("table", metrics.table);
  append("metric", metrics.priority);
  append("scope", metrics.scope);
  append("mtu", metrics.mtu);
  append("advmss", metrics.advmss);
  if (route.gateway && metrics.table) text += " onlink";
  return text;
}

}  // namespace azcni::network
