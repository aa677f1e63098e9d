#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "objects.h"

namespace azcni::network {
namespace {

ndmsg entry_header(unsigned port) {
  return {AF_BRIDGE, 0, 0, static_cast<int>(port), NUD_NOARP, NTF_MASTER | NTF_STICKY, 0};
}

}  // namespace

void append_creation(const FdbEntry& entry, Namespace& in, Messages& messages) {
  messages
      .emplace_back(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, entry_header(in.index(entry.link)))
      .put(NDA_LLADDR, entry.mac);
}

void append_removal(const FdbEntry& entry, Namespace& in, Messages& messages) {
  const auto link = in.find(entry.link);
  if (!link || link->master == 0) return;
  messages.emplace_back(RTM_DELNEIGH, 0, entry_header(link->index)).put(NDA_LLADDR, entry.mac);
}

bool is_there(const FdbEntry& entry, Namespace& in) {
  const auto link = in.find(entry.link);
  if (!link || link->master == 0) return false;
  const ndmsg wanted = entry_header(link->index);
  const ndmsg header{AF_BRIDGE, 0, 0, wanted.ndm_ifindex, 0, NTF_MASTER, 0};
  const auto is_same = [&](const ndmsg& found, const net::Attributes&) {
    return std::optional(found.ndm_ifindex == wanted.ndm_ifindex &&
                         (found.ndm_state & NUD_NOARP) != 0 && (found.ndm_flags & NTF_STICKY) != 0);
  };
  return in.netlink().find<ndmsg>(
             net::NetlinkMessage(RTM_GETNEIGH, 0, header).put(NDA_LLADDR, entry.mac),
             "look up `" + to_string(entry) + "`", is_same) == true;
}

std::string to_string(const FdbEntry& entry) {
  return "bridge fdb replace " + net::to_string(entry.mac) + " dev " + entry.link +
         " master static sticky";
}

}  // namespace azcni::network
