#include "host_nics.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <map>

#include "azcni/net/attributes.h"
#include "azcni/net/interfaces.h"
#include "links.h"

namespace azcni::network {
namespace {

/// By index of their links; of global scope.
std::multimap<unsigned, net::Prefix> list_addresses(net::Netlink& netlink) {
  using Found = std::pair<unsigned, net::Prefix>;
  const auto parse = [](const ifaddrmsg& header,
                        const net::Attributes& attributes) -> std::optional<Found> {
    const bool is4 = header.ifa_family == AF_INET;
    const auto family = is4 ? net::Family::kIpv4 : net::Family::kIpv6;
    const auto address = attributes.ip(is4 ? IFA_LOCAL : IFA_ADDRESS, family);
    if (!address || header.ifa_scope != RT_SCOPE_UNIVERSE) return std::nullopt;
    return Found{header.ifa_index, {*address, header.ifa_prefixlen}};
  };
  const auto found = netlink.list<ifaddrmsg>(net::NetlinkMessage(RTM_GETADDR, 0, ifaddrmsg{}),
                                             "list addresses", parse);
  return {found.begin(), found.end()};
}

}  // namespace

std::vector<HostNic> list_host_nics(net::Netlink& netlink, const NicRecord& nic) {
  const auto addresses = list_addresses(netlink);
  const auto first = net::find_default_interface();
  std::vector<HostNic> nics;
  for (const net::Interface& link : net::list_interfaces()) {
    if (!net::can_be_nic(link)) continue;
    // A bridge that is not ours may have a NIC for a port, and addresses that are not the NIC's.
    const unsigned holder = link.bridge != 0 ? link.bridge : link.index;
    HostNic found{holder == link.index ? link.name : link_name(holder), link.mac, link.index,
                  first && first->index == link.index};
    const auto [begin, end] = addresses.equal_range(holder);
    for (auto each = begin; each != end; ++each) found.addresses.push_back(each->second);
    if (!found.addresses.empty() || link.name == nic.name) nics.push_back(std::move(found));
  }
  return nics.size() < 2 ? std::vector<HostNic>{} : nics;
}

}  // namespace azcni::network
