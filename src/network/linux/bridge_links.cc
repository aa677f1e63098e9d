#include "bridge_links.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "azcni/net/attributes.h"

namespace azcni::network {
void create_bridge(net::Netlink& netlink, const std::string& name, const net::MacAddress& mac,
                   unsigned mtu) {
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, name)
      .put(IFLA_ADDRESS, mac)
      .put_u32(IFLA_MTU, mtu)
      .put_u32(IFLA_GROUP, kBridgeGroup);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, std::string_view("bridge"));
    message.nest(IFLA_INFO_DATA, [&] {
      message.put_u32(IFLA_BR_FORWARD_DELAY, 0).put_u32(IFLA_BR_STP_STATE, 0);
      // Snooping would hold back the neighbour discovery of containers that nobody has queried.
      const std::uint8_t off = 0;
      message.put(IFLA_BR_MCAST_SNOOPING, &off, sizeof off);
    });
  });
  netlink.request(message, "create bridge " + name);
}

net::NetlinkMessage master_message(unsigned index, unsigned master) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  net::NetlinkMessage message(RTM_NEWLINK, 0, header);
  message.put_u32(IFLA_MASTER, master);
  return message;
}

}  // namespace azcni::network
