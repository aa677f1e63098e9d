#include "host_config.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "azcni/net/attributes.h"

namespace azcni::network {
namespace {

using Bytes = HostConfig::Bytes;

template <typename Header>
Header header_of(const Bytes& bytes) {
  Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

template <typename Header>
Bytes bytes_of(const Header& header) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&header);
  return {raw, raw + sizeof header};
}

unsigned number(const Bytes& value) {
  unsigned parsed = 0;
  std::memcpy(&parsed, value.data(), std::min(sizeof parsed, value.size()));
  return parsed;
}

const Bytes* find(const HostConfig::Object& object, int type) {
  const auto found = std::find_if(object.attributes.begin(), object.attributes.end(),
                                  [&](const auto& each) { return each.first == type; });
  return found == object.attributes.end() ? nullptr : &found->second;
}

/// The next hops of a multipath route with one interface in place of another; false if it is not
/// among them.
bool retarget(Bytes& hops, unsigned from, unsigned to) {
  bool found = false;
  for (std::size_t offset = 0; offset + sizeof(rtnexthop) <= hops.size();) {
    auto* hop = reinterpret_cast<rtnexthop*>(hops.data() + offset);
    if (static_cast<unsigned>(hop->rtnh_ifindex) == from) {
      hop->rtnh_ifindex = static_cast<int>(to);
      found = true;
    }
    offset += std::max<std::size_t>(RTNH_ALIGN(hop->rtnh_len), sizeof(rtnexthop));
  }
  return found;
}

/// What the kernel reports but takes from nobody, or does not need.
bool is_report(int message_type, int attribute) {
  switch (message_type) {
    case RTM_NEWADDR: return attribute == IFA_LABEL;
    case RTM_DELADDR: return attribute != IFA_LOCAL && attribute != IFA_ADDRESS;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: return attribute == RTA_CACHEINFO;
    default: return attribute == NDA_CACHEINFO || attribute == NDA_PROBES;
  }
}

net::IpAddress ip_of(unsigned char family, const Bytes& bytes) {
  return {family == AF_INET ? net::Family::kIpv4 : net::Family::kIpv6, bytes};
}

template <typename Header>
HostConfig::Object object_of(const Header& header, const net::Attributes& attributes) {
  HostConfig::Object object{bytes_of(header), {}};
  attributes.for_each([&](int type, net::Attributes::Bytes value) {
    object.attributes.emplace_back(type, Bytes(value.begin(), value.end()));
  });
  return object;
}

bool leads_by(const HostConfig::Object& route, unsigned index) {
  const Bytes* out = find(route, RTA_OIF);
  const Bytes* hops = find(route, RTA_MULTIPATH);
  Bytes copy = hops == nullptr ? Bytes() : *hops;
  return (out != nullptr && number(*out) == index) || retarget(copy, index, index);
}

bool has_gateway(const HostConfig::Object& route) {
  return find(route, RTA_GATEWAY) || find(route, RTA_VIA) || find(route, RTA_MULTIPATH);
}

}  // namespace

HostConfig HostConfig::read(net::Netlink& netlink, unsigned index) {
  using Found = std::optional<Object>;
  const auto address = [&](const ifaddrmsg& header, const net::Attributes& attributes) {
    // Every interface has link-local addresses of its own making.
    const bool link_local = header.ifa_family == AF_INET6 && header.ifa_scope == RT_SCOPE_LINK;
    const bool is_ours = header.ifa_index == index && !link_local;
    return is_ours ? Found(object_of(header, attributes)) : std::nullopt;
  };
  HostConfig config;
  const auto route = [&](const rtmsg& header, const net::Attributes& attributes) {
    Found found(object_of(header, attributes));
    if (config.is_made_by_kernel(*found) || !leads_by(*found, index)) found.reset();
    return found;
  };
  constexpr unsigned kLearned = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
  const auto neighbour = [&](ndmsg header, const net::Attributes& attributes) -> Found {
    const bool is_ip = header.ndm_family == AF_INET || header.ndm_family == AF_INET6;
    if (static_cast<unsigned>(header.ndm_ifindex) != index || !is_ip ||
        (header.ndm_state & (kLearned | NUD_PERMANENT)) == 0)
      return std::nullopt;
    if ((header.ndm_state & NUD_PERMANENT) == 0)
      header.ndm_state = NUD_STALE;  // used at once, confirmed soon
    return object_of(header, attributes);
  };
  config.index_ = index;
  config.addresses_ = netlink.list<ifaddrmsg>(net::NetlinkMessage(RTM_GETADDR, 0, ifaddrmsg{}),
                                              "list addresses", address);
  config.routes_ =
      netlink.list<rtmsg>(net::NetlinkMessage(RTM_GETROUTE, 0, rtmsg{}), "list routes", route);
  for (Object& each : netlink.list<ndmsg>(net::NetlinkMessage(RTM_GETNEIGH, 0, ndmsg{}),
                                          "list neighbours", neighbour)) {
    const bool is_learned = header_of<ndmsg>(each.header).ndm_state == NUD_STALE;
    (is_learned ? config.learned_ : config.neighbours_).push_back(std::move(each));
  }
  return config;
}

bool HostConfig::is_made_by_kernel(const Object& route) const {
  const auto header = header_of<rtmsg>(route.header);
  const Bytes* table = find(route, RTA_TABLE);
  const unsigned id = table == nullptr ? header.rtm_table : number(*table);
  if (id == RT_TABLE_LOCAL || (header.rtm_flags & RTM_F_CLONED) != 0) return true;
  const Bytes* destination = find(route, RTA_DST);
  if (header.rtm_protocol != RTPROT_KERNEL || destination == nullptr) return false;
  // NetworkManager has the kernel make no routes, makes them itself and calls them the kernel's.
  const auto is_its_subnet = [&](const Object& object) {
    const auto address = header_of<ifaddrmsg>(object.header);
    const Bytes* flags = find(object, IFA_FLAGS);
    const Bytes* bytes = find(object, IFA_ADDRESS);
    return flags != nullptr && (number(*flags) & IFA_F_NOPREFIXROUTE) != 0 && bytes != nullptr &&
           address.ifa_family == header.rtm_family && address.ifa_prefixlen == header.rtm_dst_len &&
           net::Prefix{ip_of(header.rtm_family, *destination), header.rtm_dst_len}.contains(
               ip_of(header.rtm_family, *bytes));
  };
  return std::none_of(addresses_.begin(), addresses_.end(), is_its_subnet);
}

net::NetlinkMessage HostConfig::change(int type, int flags, const Object& object,
                                       unsigned index) const {
  const bool is_route = type == RTM_NEWROUTE || type == RTM_DELROUTE;
  net::NetlinkMessage message(type, flags);
  if (is_route) {
    auto header = header_of<rtmsg>(object.header);
    header.rtm_flags &= RTNH_F_ONLINK;  // the others are states
    message.append(&header, sizeof header);
  } else if (type == RTM_NEWADDR || type == RTM_DELADDR) {
    auto header = header_of<ifaddrmsg>(object.header);
    if (type == RTM_DELADDR) header = {header.ifa_family, header.ifa_prefixlen, 0, 0, 0};
    header.ifa_index = index;
    message.append(&header, sizeof header);
  } else {
    auto header = header_of<ndmsg>(object.header);
    header.ndm_ifindex = static_cast<int>(index);
    message.append(&header, sizeof header);
  }
  for (const auto& [attribute, value] : object.attributes) {
    if (is_report(type, attribute)) continue;
    Bytes changed = value;
    if (is_route && attribute == RTA_OIF) changed = bytes_of(index);
    if (is_route && attribute == RTA_MULTIPATH) retarget(changed, index_, index);
    message.put(attribute, changed.data(), changed.size());
  }
  return message;
}

void HostConfig::append_addresses(Messages& messages, unsigned index) const {
  const auto add = [&](const Object& address, unsigned char family) {
    if (address.header.at(0) != family) return;
    messages.push_back(change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address, index));
  };
  for (const Object& address : addresses_) add(address, AF_INET);
  // The kernel puts a new IPv6 address in front of its equals.
  for (auto each = addresses_.rbegin(); each != addresses_.rend(); ++each) add(*each, AF_INET6);
  for (const Object& each : learned_) {
    messages.push_back(change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, each, index));
    messages.back().optional = true;  // the kernel's table may be full
  }
}

void HostConfig::append_routes(Messages& messages, unsigned index) const {
  Objects routes = routes_;
  const auto rank = [](const Object& route) {
    return std::pair(has_gateway(route), -header_of<rtmsg>(route.header).rtm_dst_len);
  };
  std::stable_sort(routes.begin(), routes.end(),
                   [&](const Object& one, const Object& other) { return rank(one) < rank(other); });
  for (const Object& route : routes)
    messages.push_back(change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, route, index));
  for (const Object& each : neighbours_)
    messages.push_back(change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, each, index));
}

void HostConfig::append_removal(Messages& messages, unsigned index) const {
  const auto remove = [&](int type, const Objects& objects) {
    for (auto each = objects.rbegin(); each != objects.rend(); ++each)
      messages.push_back(change(type, 0, *each, index));
  };
  remove(RTM_DELNEIGH, neighbours_);
  // A route by a nexthop object is never another interface's. The kernel would take the request to
  // delete it there for one to delete it here.
  Objects routes = routes_;
  std::erase_if(routes, [](const Object& route) { return find(route, RTA_NH_ID); });
  remove(RTM_DELROUTE, routes);
  remove(RTM_DELADDR, addresses_);
}

HostConfig HostConfig::without(const std::vector<net::IpAddress>& containers) const {
  const auto remove = [&](Objects& objects, int attribute) {
    std::erase_if(objects, [&](const Object& object) {
      const Bytes* destination = find(object, attribute);
      const unsigned char family = object.header.at(0);  // the first byte of each header
      return destination != nullptr && std::find(containers.begin(), containers.end(),
                                                 ip_of(family, *destination)) != containers.end();
    });
  };
  HostConfig rest = *this;
  remove(rest.routes_, RTA_DST);
  remove(rest.neighbours_, NDA_DST);
  return rest;
}

HostConfig::Bytes HostConfig::key(int type, const Object& object) const {
  const net::NetlinkMessage message = change(type, 0, object, 0);
  const nlmsghdr* header = nlmsg_hdr(message.get());
  const auto* raw = reinterpret_cast<const std::uint8_t*>(header);
  return {raw, raw + header->nlmsg_len};
}

HostConfig HostConfig::without(const HostConfig& other) const {
  HostConfig rest = *this;
  const auto remove = [&](int type, Objects& objects, const Objects& known) {
    std::erase_if(objects, [&](const Object& object) {
      return std::any_of(known.begin(), known.end(), [&](const Object& each) {
        return key(type, object) == other.key(type, each);
      });
    });
  };
  remove(RTM_DELADDR, rest.addresses_, other.addresses_);
  remove(RTM_DELROUTE, rest.routes_, other.routes_);
  remove(RTM_DELNEIGH, rest.neighbours_, other.neighbours_);
  return rest;
}

HostConfig HostConfig::endless() const {
  constexpr unsigned kWholeIpv6 = 128;
  HostConfig config = *this;
  for (Object& address : config.addresses_) {
    const auto header = header_of<ifaddrmsg>(address.header);
    if (header.ifa_family == AF_INET6 && header.ifa_prefixlen != kWholeIpv6) continue;
    std::erase_if(address.attributes, [](const auto& each) { return each.first == IFA_CACHEINFO; });
  }
  return config;
}

void to_json(Json& json, const HostConfig::Object& object) {
  json = {{"header", object.header}, {"attributes", object.attributes}};
}

void from_json(const Json& json, HostConfig::Object& object) {
  json.at("header").get_to(object.header);
  json.at("attributes").get_to(object.attributes);
}

Json HostConfig::to_json() const {
  return {{"index", index_},
          {"addresses", addresses_},
          {"routes", routes_},
          {"neighbours", neighbours_}};
}

HostConfig HostConfig::from_json(const Json& json) {
  HostConfig config;
  json.at("index").get_to(config.index_);
  json.at("addresses").get_to(config.addresses_);
  json.at("routes").get_to(config.routes_);
  json.at("neighbours").get_to(config.neighbours_);
  return config;
}

std::vector<net::IpAddress> HostConfig::addresses() const {
  std::vector<net::IpAddress> addresses;
  for (const Object& object : addresses_) {
    const Bytes* local = find(object, IFA_LOCAL);
    const Bytes* address = local == nullptr ? find(object, IFA_ADDRESS) : local;
    if (address != nullptr)
      addresses.push_back(ip_of(header_of<ifaddrmsg>(object.header).ifa_family, *address));
  }
  return addresses;
}

}  // namespace azcni::network
