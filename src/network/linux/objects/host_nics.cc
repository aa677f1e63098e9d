#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <set>

#include "azcni/base/log.h"
#include "azcni/net/attributes.h"
#include "azcni/net/interfaces.h"
#include "objects.h"

namespace azcni::network {
namespace {

/// A host has few links with an IPv4 address, and a link for each container.
std::set<unsigned> list_holders(Namespace& in) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  const auto holder = [](const ifaddrmsg& found, const net::Attributes&) {
    return std::optional(found.ifa_index);
  };
  const auto holders = in.netlink().list<ifaddrmsg>(net::NetlinkMessage(RTM_GETADDR, 0, header),
                                                    "list addresses", holder);
  return {holders.begin(), holders.end()};
}

/// And bridges that stand for one.
std::vector<Link> list_nics(Namespace& in) {
  std::vector<Link> nics;
  for (const unsigned index : list_holders(in)) {
    const auto link = in.find(link_name(index));
    if (!link || link->master != 0) continue;
    const bool is_nic = net::can_be_nic({link->name, link->mac, index, link->kind});
    if (is_nic || link->group == kBridgeGroup) nics.push_back(*link);
  }
  return nics;
}

net::NetlinkMessage message_of(const Link& nic, std::uint32_t group) {
  return std::move(link_message(RTM_NEWLINK, nic.index).put_u32(IFLA_GROUP, group));
}

}  // namespace

void append_creation(const HostNics& nics, Namespace& in, Messages& messages) {
  if (nics.group == 0) return;
  for (const Link& nic : list_nics(in)) {
    if (nic.group == 0) messages.push_back(message_of(nic, nics.group));
    if (nic.group != 0 && nic.group != nics.group)
      log::warning("NIC {} keeps its group {}: containers of other NICs may send by it", nic.name,
                   nic.group);
  }
}

void append_removal(const HostNics& nics, Namespace& in, Messages& messages) {
  if (nics.group == 0) return;
  for (const Link& nic : list_nics(in)) {
    if (nic.group == nics.group) messages.push_back(message_of(nic, 0));
  }
}

bool is_there(const HostNics& nics, Namespace& in) {
  const auto found = list_nics(in);
  const auto has_group = [&](const Link& nic) { return nics.group == 0 || nic.group != 0; };
  return found.size() == nics.number && std::all_of(found.begin(), found.end(), has_group);
}

std::string to_string(const HostNics& nics) {
  const std::string number = "# " + std::to_string(nics.number) + " NICs have an address";
  return nics.group == 0
             ? number
             : "ip link set NIC group " + std::to_string(nics.group) + "  " + number + ": each";
}

}  // namespace azcni::network
