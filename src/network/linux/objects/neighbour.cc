#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "azcni/net/attributes.h"
#include "objects.h"

namespace azcni::network {
namespace {

ndmsg header_of(const Neighbour& neighbour, Namespace& in) {
  ndmsg header{};
  header.ndm_family = net::family_number(neighbour.address.family());
  header.ndm_ifindex = static_cast<int>(in.index(neighbour.link));
  return header;
}

}  // namespace

void append_creation(const Neighbour& neighbour, Namespace& in, Messages& messages) {
  ndmsg header = header_of(neighbour, in);
  header.ndm_state = NUD_PERMANENT;
  messages.emplace_back(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header)
      .put(NDA_DST, neighbour.address)
      .put(NDA_LLADDR, neighbour.mac);
}

void append_removal(const Neighbour& neighbour, Namespace& in, Messages& messages) {
  messages.emplace_back(RTM_DELNEIGH, 0, header_of(neighbour, in)).put(NDA_DST, neighbour.address);
}

bool is_there(const Neighbour& neighbour, Namespace& in) {
  if (!in.find(neighbour.link)) return false;
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header_of(neighbour, in));
  message.put(NDA_DST, neighbour.address);
  bool found = false;
  in.netlink().get(message, "look up `" + to_string(neighbour) + "`", [&](nlmsghdr* reply) {
    const auto* each = static_cast<ndmsg*>(nlmsg_data(reply));
    found = (each->ndm_state & NUD_PERMANENT) != 0 &&
            net::Attributes(reply, sizeof *each).mac(NDA_LLADDR) == neighbour.mac;
  });
  return found;
}

std::optional<net::MacAddress> find_neighbour(const std::string& link,
                                              const net::IpAddress& address, Namespace& in) {
  net::NetlinkMessage message(RTM_GETNEIGH, 0, header_of({link, address, {}}, in));
  message.put(NDA_DST, address);
  std::optional<net::MacAddress> mac;
  in.netlink().get(message, "look up neighbour " + net::to_string(address), [&](nlmsghdr* reply) {
    mac = net::Attributes(reply, sizeof(ndmsg)).mac(NDA_LLADDR);
  });
  return mac;
}

std::string to_string(const Neighbour& neighbour) {
  return "ip neigh replace " + net::to_string(neighbour.address) + " lladdr " +
         net::to_string(neighbour.mac) + " dev " + neighbour.link + " nud permanent";
}

}  // namespace azcni::network
