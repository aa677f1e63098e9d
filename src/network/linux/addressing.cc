#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "azcni/base/unique_fd.h"
#include "ip_attributes.h"
#include "links.h"

namespace azcni::network {

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
  // Azure gave the address to this VM alone: nothing to detect.
  message.put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | (address.address.is_ipv4() ? 0U : IFA_F_NODAD));
  netlink.request(message,
                  "add address " + net::to_string(address) + " to link " + std::to_string(index));
}

bool has_local_route(net::Netlink& netlink, const net::IpAddress& address) {
  rtmsg header{};
  header.rtm_family = family_number(address.family());
  header.rtm_dst_len = static_cast<unsigned char>(address.bits());
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  put_ip(message, RTA_DST, address);
  bool is_local = false;
  netlink.get(message, "look up the route to " + net::to_string(address), [&](nlmsghdr* answer) {
    is_local = static_cast<rtmsg*>(nlmsg_data(answer))->rtm_type == RTN_LOCAL;
  });
  return is_local;
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

std::optional<net::MacAddress> find_neighbour(net::Netlink& netlink, unsigned index,
                                              const net::IpAddress& address) {
  ndmsg header{};
  header.ndm_family = family_number(address.family());
  header.ndm_ifindex = static_cast<int>(index);
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header);
  put_ip(message, NDA_DST, address);
  std::optional<net::MacAddress> mac;
  netlink.get(message, "look up neighbour " + net::to_string(address), [&](nlmsghdr* answer) {
    const nlattr* found = nlmsg_find_attr(answer, sizeof header, NDA_LLADDR);
    if (found == nullptr || nla_len(found) != 6) return;
    nla_memcpy(mac.emplace().bytes.data(), found, 6);
  });
  return mac;
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
