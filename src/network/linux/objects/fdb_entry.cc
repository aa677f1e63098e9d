#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/net/attributes.h"
#include "objects.h"

namespace azcni::network {
namespace {

net::NetlinkMessage message_of(int type, int flags, unsigned port, const net::MacAddress& mac) {
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = static_cast<int>(port);
  header.ndm_state = NUD_NOARP;
  header.ndm_flags = NTF_MASTER | NTF_STICKY;
  net::NetlinkMessage message(type, flags, header);
  message.put(NDA_LLADDR, mac);
  return message;
}

}  // namespace

void append_creation(const FdbEntry& entry, Namespace& in, Messages& messages) {
  messages.push_back(
      message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, in.index(entry.link), entry.mac));
}

void append_removal(const FdbEntry& entry, Namespace& in, Messages& messages) {
  const auto link = in.find(entry.link);
  if (link && link->master != 0)
    messages.push_back(message_of(RTM_DELNEIGH, 0, link->index, entry.mac));
}

bool is_there(const FdbEntry& entry, Namespace& in) {
  const auto link = in.find(entry.link);
  if (!link || link->master == 0) return false;
  net::NetlinkMessage message(RTM_GETNEIGH, 0, [&] {
    ndmsg header{};
    header.ndm_family = AF_BRIDGE;
    header.ndm_flags = NTF_MASTER;
    header.ndm_ifindex = static_cast<int>(link->index);
    return header;
  }());
  message.put(NDA_LLADDR, entry.mac);
  bool found = false;
  in.netlink().get(message, "look up `" + to_string(entry) + "`", [&](nlmsghdr* reply) {
    const auto* each = static_cast<ndmsg*>(nlmsg_data(reply));
    found = static_cast<unsigned>(each->ndm_ifindex) == link->index &&
            (each->ndm_state & NUD_NOARP) != 0 && (each->ndm_flags & NTF_STICKY) != 0;
  });
  return found;
}

std::string to_string(const FdbEntry& entry) {
  return "bridge fdb replace " + net::to_string(entry.mac) + " dev " + entry.link +
         " master static sticky";
}

}  // namespace azcni::network
