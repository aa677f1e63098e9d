#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "azcni/net/attributes.h"
#include "objects.h"

namespace azcni::network {

void append_creation(const Address& address, Namespace& in, Messages& messages) {
  const net::IpAddress& ip = address.prefix.address;
  ifaddrmsg header{};
  header.ifa_family = net::family_number(ip.family());
  header.ifa_prefixlen = address.prefix.length;
  header.ifa_index = in.index(address.link);
  net::NetlinkMessage& message =
      messages.emplace_back(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
  message.put(IFA_LOCAL, ip).put(IFA_ADDRESS, ip);
  message.put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | (ip.is_ipv4() ? 0U : IFA_F_NODAD));
}

bool is_there(const Address& address, Namespace& in) {
  const auto link = in.find(address.link);
  if (!link) return false;
  const net::Family family = address.prefix.address.family();
  ifaddrmsg header{};
  header.ifa_family = net::family_number(family);
  net::NetlinkMessage message(RTM_GETADDR, 0, header);
  bool found = false;
  in.netlink().dump(
      message, "list addresses", [&] { found = false; },
      [&](nlmsghdr* reply) {
        const auto* each = static_cast<ifaddrmsg*>(nlmsg_data(reply));
        const auto ip = net::Attributes(reply, sizeof *each)
                            .ip(family == net::Family::kIpv4 ? IFA_LOCAL : IFA_ADDRESS, family);
        found = found || (each->ifa_index == link->index && ip == address.prefix.address &&
                          each->ifa_prefixlen == address.prefix.length);
      });
  return found;
}

bool has_local_route(const net::IpAddress& address, Namespace& in) {
  rtmsg header{};
  header.rtm_family = net::family_number(address.family());
  header.rtm_dst_len = static_cast<unsigned char>(address.bits());
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  message.put(RTA_DST, address);
  bool is_local = false;
  in.netlink().get(message, "look up the route to " + net::to_string(address),
                   [&](nlmsghdr* reply) {
                     is_local = static_cast<rtmsg*>(nlmsg_data(reply))->rtm_type == RTN_LOCAL;
                   });
  return is_local;
}

std::string to_string(const Address& address) {
  return "ip address add " + net::to_string(address.prefix) + " dev " + address.link +
         " noprefixroute" + (address.prefix.address.is_ipv4() ? "" : " nodad");
}

}  // namespace azcni::network
