#include "snapshot.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/net/attributes.h"
#include "nft/query.h"
#include "objects/objects.h"

namespace azcni::network {

Snapshot::Snapshot(Kernel& kernel) : kernel_(kernel) {
  netlink_.filter_dumps();
  for (Link& link : list_links(netlink_)) {
    std::string name = link.name;
    links_.emplace(std::move(name), std::move(link));
  }
}

const Link* Snapshot::find(const std::string& link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : &found->second;
}

bool Snapshot::has_link(const std::string& name, const net::MacAddress& mac) const {
  const Link* link = find(name);
  return link != nullptr && link->mac == mac;
}

Objects Snapshot::missing(const Objects& wanted) {
  Objects missing;
  for (const Object& each : wanted) {
    if (!saw(each)) missing.push_back(each);
  }
  // It may have come since, or be of a kind or a form that no dump here has.
  return missing.empty() ? missing : kernel_.missing({missing, {}}).host;
}

bool Snapshot::saw(const Object& object) {
  return std::visit([this](const auto& each) { return saw(each); }, object.value);
}

template <typename Kind>
bool Snapshot::saw(const Kind&) {
  return false;
}

bool Snapshot::saw(const Veth& veth) {
  const Link* link = find(veth.link);
  return link != nullptr && link->mac == veth.mac &&
         (veth.mtu == 0 || (link->mtu == veth.mtu && link->group == veth.group));
}

bool Snapshot::saw(const LinkUp& link) {
  const Link* found = find(link.link);
  return found != nullptr && found->up;
}

bool Snapshot::saw(const BridgePort& port) {
  const Link *link = find(port.link), *bridge = find(port.bridge);
  return link != nullptr && bridge != nullptr && link->master == bridge->index &&
         link->hairpin == port.hairpin;
}

/// That of an attachment's link came with the link; the others are shared by many.
bool Snapshot::saw(const Sysctl& sysctl) {
  constexpr std::string_view kBegin = "ipv6/conf/", kEnd = "/accept_ra";
  const std::string& name = sysctl.name;
  if (name.starts_with(kBegin) && name.ends_with(kEnd)) {
    const Link* link = find(name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size()));
    return link != nullptr && link->accept_ra && std::to_string(*link->accept_ra) == sysctl.value;
  }
  const auto [known, is_new] = settings_.emplace(to_string(sysctl), false);
  if (is_new) known->second = is_there(sysctl, kernel_.host());
  return known->second;
}

bool Snapshot::saw(const Neighbour& neighbour) {
  const Link* link = find(neighbour.link);
  return link != nullptr &&
         neighbours().count({{link->index, neighbour.address}, neighbour.mac}) != 0;
}

bool Snapshot::saw(const Route& route) {
  const Link* link = find(route.link);
  return link != nullptr && !route.gateway && route.metrics == net::RouteMetrics{} &&
         route.destination == net::Prefix::single(route.destination.address) &&
         routes(route.destination.address.family())
                 .count({link->index, route.destination.address}) != 0;
}

bool Snapshot::saw(const FdbEntry& entry) {
  const Link* link = find(entry.link);
  return link != nullptr && fdb().count({link->index, entry.mac}) != 0;
}

bool Snapshot::saw(const Element& element) {
  if (kernel_.find_nft() == nullptr) return false;
  const auto [known, is_new] =
      elements_.emplace(std::pair{nft::to_string(element.table), element.set}, Elements());
  if (is_new) {
    for (const nft::Entry& each : nft::list_elements(kernel_.nft(), element.table, element.set))
      known->second.emplace(each.key, each);
  }
  const auto found = known->second.find(element.key);
  return found != known->second.end() && is_same(element, found->second);
}

const std::set<std::pair<Snapshot::At, net::MacAddress>>& Snapshot::neighbours() {
  if (neighbours_) return *neighbours_;
  using Entry = std::pair<At, net::MacAddress>;
  const auto parse = [](const ndmsg& each, const net::Attributes& attributes) {
    const auto family = each.ndm_family == AF_INET6 ? net::Family::kIpv6 : net::Family::kIpv4;
    const auto address = attributes.ip(NDA_DST, family);
    const auto mac = attributes.mac(NDA_LLADDR);
    if ((each.ndm_state & NUD_PERMANENT) == 0 || !address || !mac) return std::optional<Entry>();
    return std::optional(Entry{{static_cast<unsigned>(each.ndm_ifindex), *address}, *mac});
  };
  const auto found =
      netlink_.list<ndmsg>(net::NetlinkMessage(RTM_GETNEIGH, 0, ndmsg{}), "list neighbours", parse);
  return neighbours_.emplace(found.begin(), found.end());
}

const std::set<Snapshot::At>& Snapshot::routes(net::Family family) {
  const auto known = routes_.find(family);
  if (known != routes_.end()) return known->second;
  rtmsg header{};
  header.rtm_family = net::family_number(family);
  header.rtm_table = RT_TABLE_MAIN;
  const auto parse = [&](const rtmsg& each, const net::Attributes& attributes) {
    const auto address = attributes.ip(RTA_DST, family);
    const auto link = attributes.u32(RTA_OIF);
    const bool is_of_container = each.rtm_type == RTN_UNICAST && each.rtm_table == RT_TABLE_MAIN &&
                                 address && link && each.rtm_dst_len == address->bits() &&
                                 !attributes.has(RTA_GATEWAY);
    return is_of_container ? std::optional(At{*link, *address}) : std::nullopt;
  };
  const auto found = netlink_.list<rtmsg>(net::NetlinkMessage(RTM_GETROUTE, 0, header),
                                          "list routes", parse, net::Netlink::IfAbsent::kNone);
  return routes_.emplace(family, std::set<At>(found.begin(), found.end())).first->second;
}

const std::set<std::pair<unsigned, net::MacAddress>>& Snapshot::fdb() {
  if (fdb_) return *fdb_;
  using Entry = std::pair<unsigned, net::MacAddress>;
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  const auto parse = [](const ndmsg& each, const net::Attributes& attributes) {
    const auto mac = attributes.mac(NDA_LLADDR);
    const bool is_ours =
        mac && (each.ndm_state & NUD_NOARP) != 0 && (each.ndm_flags & NTF_STICKY) != 0;
    return is_ours ? std::optional(Entry{static_cast<unsigned>(each.ndm_ifindex), *mac})
                   : std::nullopt;
  };
  const auto found =
      netlink_.list<ndmsg>(net::NetlinkMessage(RTM_GETNEIGH, 0, header), "list fdb entries", parse);
  return fdb_.emplace(found.begin(), found.end());
}

}  // namespace azcni::network
