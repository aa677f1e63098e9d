#include <linux/rtnetlink.h>

#include "objects.h"

namespace azcni::network {

void append_creation(const Address& address, Namespace& in, Messages& messages) {
  const net::IpAddress& ip = address.prefix.address;
  messages
      .emplace_back(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
                    ifaddrmsg{net::family_number(ip.family()), address.prefix.length, 0, 0,
                              in.index(address.link)})
      .put(IFA_LOCAL, ip)
      .put(IFA_ADDRESS, ip)
      .put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | (ip.is_ipv4() ? 0U : IFA_F_NODAD));
}

bool is_there(const Address& address, Namespace& in) {
  const auto link = in.find(address.link);
  if (!link) return false;
  const net::IpAddress& ip = address.prefix.address;
  const auto matching = [&](const ifaddrmsg& each, const net::Attributes& attributes) {
    const bool matches = each.ifa_index == link->index &&
                         each.ifa_prefixlen == address.prefix.length &&
                         attributes.ip(ip.is_ipv4() ? IFA_LOCAL : IFA_ADDRESS, ip.family()) == ip;
    return matches ? std::optional(true) : std::nullopt;
  };
  const ifaddrmsg header{net::family_number(ip.family()), 0, 0, 0, 0};
  return !in.netlink()
              .list<ifaddrmsg>(net::NetlinkMessage(RTM_GETADDR, 0, header), "list addresses",
                               matching)
              .empty();
}

std::string to_string(const Address& address) {
  return "ip address add " + net::to_string(address.prefix) + " dev " + address.link +
         " noprefixroute" + (address.prefix.address.is_ipv4() ? "" : " nodad");
}

}  // namespace azcni::network
