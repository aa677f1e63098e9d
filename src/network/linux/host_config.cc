#include "host_config.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "azcni/net/attributes.h"

namespace azcni::network {
namespace {

template <typename Header>
Header header_of(const std::string& bytes) {
  Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

template <typename Header>
std::string bytes_of(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

unsigned number(const std::string& value) {
  unsigned parsed = 0;
  std::memcpy(&parsed, value.data(), std::min(sizeof parsed, value.size()));
  return parsed;
}

const std::string* find(const std::vector<std::pair<int, std::string>>& attributes, int type) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& each) { return each.first == type; });
  return found == attributes.end() ? nullptr : &found->second;
}

/// The next hops of a multipath route with one interface in place of another; false if it is not
/// among them.
bool retarget(std::string& hops, unsigned from, unsigned to) {
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

std::vector<std::uint8_t> to_numbers(const std::string& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string to_bytes(const Json& json) {
  const auto numbers = json.get<std::vector<std::uint8_t>>();
  return {numbers.begin(), numbers.end()};
}

net::IpAddress ip_of(unsigned char family, const std::string& bytes) {
  return {family == AF_INET ? net::Family::kIpv4 : net::Family::kIpv6,
          {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}};
}

}  // namespace

HostConfig::Object HostConfig::parse(nlmsghdr* message, std::size_t header_length) {
  Object object{{static_cast<char*>(nlmsg_data(message)), header_length}, {}};
  net::Attributes(message, header_length).for_each([&](int type, net::Attributes::Bytes value) {
    object.attributes.emplace_back(type, std::string(value.begin(), value.end()));
  });
  return object;
}

HostConfig HostConfig::read(net::Netlink& netlink, unsigned index) {
  HostConfig config;
  config.index_ = index;
  net::NetlinkMessage addresses(RTM_GETADDR, 0, ifaddrmsg{});
  netlink.dump(
      addresses, "list addresses", [&] { config.addresses_.clear(); },
      [&](nlmsghdr* answer) {
        const auto* header = static_cast<ifaddrmsg*>(nlmsg_data(answer));
        // Every interface has link-local addresses of its own making.
        const bool link_local =
            header->ifa_family == AF_INET6 && header->ifa_scope == RT_SCOPE_LINK;
        if (header->ifa_index == index && !link_local)
          config.addresses_.push_back(parse(answer, sizeof *header));
      });
  net::NetlinkMessage routes(RTM_GETROUTE, 0, rtmsg{});
  netlink.dump(
      routes, "list routes", [&] { config.routes_.clear(); },
      [&](nlmsghdr* answer) {
        Object route = parse(answer, sizeof(rtmsg));
        if (config.is_made_by_kernel(route)) return;
        const std::string* out = find(route.attributes, RTA_OIF);
        const std::string* hops = find(route.attributes, RTA_MULTIPATH);
        std::string copy = hops == nullptr ? std::string() : *hops;
        if ((out != nullptr && number(*out) == index) ||
            (hops != nullptr && retarget(copy, index, index))) {
          config.routes_.push_back(std::move(route));
        }
      });
  constexpr unsigned kLearned = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
  net::NetlinkMessage neighbours(RTM_GETNEIGH, 0, ndmsg{});
  netlink.dump(
      neighbours, "list neighbours",
      [&] {
        config.neighbours_.clear();
        config.learned_.clear();
      },
      [&](nlmsghdr* answer) {
        auto* header = static_cast<ndmsg*>(nlmsg_data(answer));
        const bool is_ip = header->ndm_family == AF_INET || header->ndm_family == AF_INET6;
        if (static_cast<unsigned>(header->ndm_ifindex) != index || !is_ip) return;
        if ((header->ndm_state & NUD_PERMANENT) != 0) {
          config.neighbours_.push_back(parse(answer, sizeof *header));
        } else if ((header->ndm_state & kLearned) != 0) {
          header->ndm_state = NUD_STALE;  // used at once, confirmed soon
          config.learned_.push_back(parse(answer, sizeof *header));
        }
      });
  return config;
}

bool HostConfig::has_gateway(const Object& route) {
  const auto has = [&](int attribute) { return find(route.attributes, attribute) != nullptr; };
  return has(RTA_GATEWAY) || has(RTA_VIA) || has(RTA_MULTIPATH);
}

bool HostConfig::is_made_by_kernel(const Object& route) const {
  const auto header = header_of<rtmsg>(route.header);
  const std::string* table = find(route.attributes, RTA_TABLE);
  const unsigned id = table == nullptr ? header.rtm_table : number(*table);
  if (id == RT_TABLE_LOCAL || (header.rtm_flags & RTM_F_CLONED) != 0) return true;
  const std::string* destination = find(route.attributes, RTA_DST);
  if (header.rtm_protocol != RTPROT_KERNEL || destination == nullptr) return false;
  // NetworkManager has the kernel make no routes, makes them itself and calls them the kernel's.
  const auto is_its_subnet = [&](const Object& object) {
    const auto address = header_of<ifaddrmsg>(object.header);
    const std::string* flags = find(object.attributes, IFA_FLAGS);
    const std::string* bytes = find(object.attributes, IFA_ADDRESS);
    return flags != nullptr && (number(*flags) & IFA_F_NOPREFIXROUTE) != 0 && bytes != nullptr &&
           address.ifa_family == header.rtm_family && address.ifa_prefixlen == header.rtm_dst_len &&
           net::Prefix{ip_of(header.rtm_family, *destination), header.rtm_dst_len}.contains(
               ip_of(header.rtm_family, *bytes));
  };
  return std::none_of(addresses_.begin(), addresses_.end(), is_its_subnet);
}

net::NetlinkMessage HostConfig::change(int type, int flags, const Object& object,
                                       unsigned index) const {
  std::string header = object.header;
  if (type == RTM_NEWADDR || type == RTM_DELADDR) {
    auto parsed = header_of<ifaddrmsg>(header);
    if (type == RTM_DELADDR) parsed = {parsed.ifa_family, parsed.ifa_prefixlen, 0, 0, 0};
    parsed.ifa_index = index;
    header = bytes_of(parsed);
  } else if (type == RTM_NEWROUTE || type == RTM_DELROUTE) {
    auto parsed = header_of<rtmsg>(header);
    parsed.rtm_flags &= RTNH_F_ONLINK;  // the others are states
    header = bytes_of(parsed);
  } else {
    auto parsed = header_of<ndmsg>(header);
    parsed.ndm_ifindex = static_cast<int>(index);
    header = bytes_of(parsed);
  }
  net::NetlinkMessage message(type, flags);
  message.append(header.data(), header.size());
  const bool is_route = type == RTM_NEWROUTE || type == RTM_DELROUTE;
  for (const auto& [attribute, value] : object.attributes) {
    if (is_report(type, attribute)) continue;
    std::string changed = value;
    if (is_route && attribute == RTA_OIF) changed = bytes_of(index);
    if (is_route && attribute == RTA_MULTIPATH) retarget(changed, index_, index);
    message.put(attribute, changed.data(), changed.size());
  }
  return message;
}

void HostConfig::append_addresses(Messages& messages, unsigned index) const {
  const auto add = [&](const Object& address, unsigned char family) {
    if (static_cast<unsigned char>(address.header.at(0)) != family) return;
    messages.push_back(change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, index));
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
  for (const Object& route : routes) {
    messages.push_back(change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, route, index));
  }
  for (const Object& each : neighbours_) {
    messages.push_back(change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, each, index));
  }
}

void HostConfig::append_removal(Messages& messages, unsigned index) const {
  const auto remove = [&](int type, const Objects& objects) {
    for (auto each = objects.rbegin(); each != objects.rend(); ++each) {
      messages.push_back(change(type, 0, *each, index));
    }
  };
  remove(RTM_DELNEIGH, neighbours_);
  // A route by a nexthop object is never another interface's. The kernel would take the request to
  // delete it there for one to delete it here.
  Objects routes = routes_;
  std::erase_if(routes, [](const Object& route) { return find(route.attributes, RTA_NH_ID); });
  remove(RTM_DELROUTE, routes);
  remove(RTM_DELADDR, addresses_);
}

HostConfig HostConfig::without(const std::vector<net::IpAddress>& containers) const {
  const auto leads_to_container = [&](const Object& object, int attribute) {
    const std::string* destination = find(object.attributes, attribute);
    const auto family =
        static_cast<unsigned char>(object.header.at(0));  // the first byte of each header
    return destination != nullptr && std::find(containers.begin(), containers.end(),
                                               ip_of(family, *destination)) != containers.end();
  };
  HostConfig rest = *this;
  std::erase_if(rest.routes_,
                [&](const Object& route) { return leads_to_container(route, RTA_DST); });
  std::erase_if(rest.neighbours_,
                [&](const Object& each) { return leads_to_container(each, NDA_DST); });
  return rest;
}

std::string HostConfig::key(int type, const Object& object) const {
  const net::NetlinkMessage message = change(type, 0, object, 0);
  const nlmsghdr* header = nlmsg_hdr(message.get());
  return {reinterpret_cast<const char*>(header), header->nlmsg_len};
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

Json HostConfig::to_json() const {
  const auto list = [](const Objects& objects) {
    Json json = Json::array();
    for (const Object& object : objects) {
      Json attributes = Json::array();
      for (const auto& [type, value] : object.attributes)
        attributes.push_back({type, Json(to_numbers(value))});
      json.push_back({{"header", to_numbers(object.header)}, {"attributes", attributes}});
    }
    return json;
  };
  return {{"index", index_},
          {"addresses", list(addresses_)},
          {"routes", list(routes_)},
          {"neighbours", list(neighbours_)}};
}

HostConfig HostConfig::from_json(const Json& json) {
  const auto list = [&](const char* key) {
    Objects objects;
    for (const Json& each : json.at(key)) {
      Object object{to_bytes(each.at("header")), {}};
      for (const Json& attribute : each.at("attributes")) {
        object.attributes.emplace_back(attribute.at(0).get<int>(), to_bytes(attribute.at(1)));
      }
      objects.push_back(std::move(object));
    }
    return objects;
  };
  HostConfig config;
  config.index_ = json.at("index").get<unsigned>();
  config.addresses_ = list("addresses");
  config.routes_ = list("routes");
  config.neighbours_ = list("neighbours");
  return config;
}

std::vector<net::IpAddress> HostConfig::addresses() const {
  std::vector<net::IpAddress> addresses;
  for (const Object& object : addresses_) {
    const std::string* local = find(object.attributes, IFA_LOCAL);
    const std::string* address = local == nullptr ? find(object.attributes, IFA_ADDRESS) : local;
    if (address != nullptr)
      addresses.push_back(ip_of(header_of<ifaddrmsg>(object.header).ifa_family, *address));
  }
  return addresses;
}

}  // namespace azcni::network
