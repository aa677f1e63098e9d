#include <linux/rtnetlink.h>

#include "objects.h"

namespace azcni::network {
namespace {

ndmsg header_of(const Neighbour& neighbour, Namespace& in, std::uint16_t state = 0) {
  return {net::family_number(neighbour.address.family()),
          0,
          0,
          static_cast<int>(in.index(neighbour.link)),
          state,
          0,
          0};
}

/// Who has it: for ever, or as far as is known.
std::optional<net::MacAddress> find(const Neighbour& neighbour, bool permanent, Namespace& in) {
  const auto parse = [&](const ndmsg& found, const net::Attributes& attributes) {
    const bool counts = !permanent || (found.ndm_state & NUD_PERMANENT) != 0;
    return counts ? attributes.mac(NDA_LLADDR) : std::nullopt;
  };
  return in.netlink().find<ndmsg>(
      net::NetlinkMessage(RTM_GETNEIGH, 0, header_of(neighbour, in))
          .put(NDA_DST, neighbour.address),
      "look up neighbour " + net::to_string(neighbour.address) + " of " + neighbour.link, parse);
}

}  // namespace

void append_creation(const Neighbour& neighbour, Namespace& in, Messages& messages) {
  messages
      .emplace_back(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
                    header_of(neighbour, in, NUD_PERMANENT))
      .put(NDA_DST, neighbour.address)
      .put(NDA_LLADDR, neighbour.mac);
}

void append_removal(const Neighbour& neighbour, Namespace& in, Messages& messages) {
  messages.emplace_back(RTM_DELNEIGH, 0, header_of(neighbour, in)).put(NDA_DST, neighbour.address);
}

bool is_there(const Neighbour& neighbour, Namespace& in) {
  return in.find(neighbour.link) && find(neighbour, true, in) == neighbour.mac;
}

std::optional<net::MacAddress> find_neighbour(const std::string& link,
                                              const net::IpAddress& address, Namespace& in) {
  return find({link, address, {}}, false, in);
}

std::string to_string(const Neighbour& neighbour) {
  return "ip neigh replace " + net::to_string(neighbour.address) + " lladdr " +
         net::to_string(neighbour.mac) + " dev " + neighbour.link + " nud permanent";
}

}  // namespace azcni::network
