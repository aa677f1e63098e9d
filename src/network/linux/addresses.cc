#include "addresses.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "azcni/base/unique_fd.h"
#include "azcni/net/attributes.h"

namespace azcni::network {

bool has_ipv4_address(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return ::ioctl(socket.get(), SIOCGIFADDR, &request) == 0;
}

void add_address(net::Netlink& netlink, const LinkId& link, const net::Prefix& address) {
  ifaddrmsg header{};
  header.ifa_family = net::family_number(address.address.family());
  header.ifa_prefixlen = address.length;
  header.ifa_index = link.index;
  net::NetlinkMessage message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
  message.put(IFA_LOCAL, address.address);
  message.put(IFA_ADDRESS, address.address);
  // Azure gave the address to this VM alone: nothing to detect.
  message.put_u32(IFA_FLAGS, IFA_F_NOPREFIXROUTE | (address.address.is_ipv4() ? 0U : IFA_F_NODAD));
  netlink.request(message, "add address " + net::to_string(address) + " to " + to_string(link));
}

bool has_local_route(net::Netlink& netlink, const net::IpAddress& address) {
  rtmsg header{};
  header.rtm_family = net::family_number(address.family());
  header.rtm_dst_len = static_cast<unsigned char>(address.bits());
  net::NetlinkMessage message(RTM_GETROUTE, 0, header);
  message.put(RTA_DST, address);
  bool is_local = false;
  netlink.get(message, "look up the route to " + net::to_string(address), [&](nlmsghdr* answer) {
    is_local = static_cast<rtmsg*>(nlmsg_data(answer))->rtm_type == RTN_LOCAL;
  });
  return is_local;
}

std::vector<net::Prefix> list_addresses(net::Netlink& netlink, const LinkId& link,
                                        net::Family family) {
  ifaddrmsg header{};
  header.ifa_family = net::family_number(family);
  net::NetlinkMessage message(RTM_GETADDR, 0, header);
  std::vector<net::Prefix> addresses;
  netlink.dump(
      message, "list addresses", [&] { addresses.clear(); },
      [&](nlmsghdr* answer) {
        const auto* found = static_cast<ifaddrmsg*>(nlmsg_data(answer));
        const auto address =
            net::Attributes(answer, sizeof *found)
                .ip(family == net::Family::kIpv4 ? IFA_LOCAL : IFA_ADDRESS, family);
        if (found->ifa_index == link.index && address)
          addresses.push_back({*address, found->ifa_prefixlen});
      });
  return addresses;
}

}  // namespace azcni::network
