#include "neighbours.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "azcni/net/attributes.h"

namespace azcni::network {

void put_neighbour(net::Netlink& netlink, const Neighbour& neighbour) {
  ndmsg header{};
  header.ndm_family = net::family_number(neighbour.address.family());
  header.ndm_ifindex = static_cast<int>(neighbour.link.index);
  header.ndm_state = NUD_PERMANENT;
  net::NetlinkMessage message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
  message.put(NDA_DST, neighbour.address);
  message.put(NDA_LLADDR, neighbour.mac);
  netlink.request(message, "add neighbour " + net::to_string(neighbour.address) + " at " +
                               net::to_string(neighbour.mac) + " on " + to_string(neighbour.link));
}

void delete_neighbour(net::Netlink& netlink, const Neighbour& neighbour) {
  ndmsg header{};
  header.ndm_family = net::family_number(neighbour.address.family());
  header.ndm_ifindex = static_cast<int>(neighbour.link.index);
  net::NetlinkMessage message(RTM_DELNEIGH, 0, header);
  message.put(NDA_DST, neighbour.address);
  netlink.request_unless_absent(message, "delete neighbour " + net::to_string(neighbour.address));
}

std::optional<net::MacAddress> find_neighbour(net::Netlink& netlink, const LinkId& link,
                                              const net::IpAddress& address) {
  ndmsg header{};
  header.ndm_family = net::family_number(address.family());
  header.ndm_ifindex = static_cast<int>(link.index);
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header);
  message.put(NDA_DST, address);
  std::optional<net::MacAddress> mac;
  netlink.get(message, "look up neighbour " + net::to_string(address), [&](nlmsghdr* answer) {
    mac = net::Attributes(answer, sizeof header).mac(NDA_LLADDR);
  });
  return mac;
}

std::vector<Neighbour> list_neighbours(net::Netlink& netlink, const LinkId& link,
                                       net::Family family) {
  ndmsg header{};
  header.ndm_family = net::family_number(family);
  header.ndm_ifindex = static_cast<int>(link.index);
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header);
  std::vector<Neighbour> neighbours;
  netlink.dump(
      message, "list neighbours", [&] { neighbours.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<ndmsg*>(nlmsg_data(answer));
        const net::Attributes attributes(answer, sizeof *found);
        const auto address = attributes.ip(NDA_DST, family);
        if (static_cast<unsigned>(found->ndm_ifindex) != link.index || !address) return;
        neighbours.push_back({*address, attributes.mac(NDA_LLADDR).value_or(net::MacAddress{}),
                              link, (found->ndm_state & NUD_PERMANENT) != 0});
      });
  return neighbours;
}

}  // namespace azcni::network
