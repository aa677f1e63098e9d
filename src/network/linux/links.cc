#include "links.h"

#include <net/if.h>  // before the kernel's header, which knows it

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/attributes.h"

namespace azcni::network {
std::string to_string(const LinkId& link) {
  return link.name.empty() ? "link " + std::to_string(link.index) : link.name;
}

void create_veth(net::Netlink& netlink, const VethSpec& veth) {
  const ifinfomsg header{};
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
  message.put(IFLA_IFNAME, veth.host_if)
      .put(IFLA_ADDRESS, veth.host_mac)
      .put_u32(IFLA_MTU, veth.mtu);
  if (veth.bridge != 0) message.put_u32(IFLA_MASTER, veth.bridge);
  if (veth.group != 0) message.put_u32(IFLA_GROUP, veth.group);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, std::string_view("veth"));
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        message.append(&header, sizeof header)
            .put(IFLA_IFNAME, veth.container_if)
            .put(IFLA_ADDRESS, veth.container_mac)
            .put_u32(IFLA_MTU, veth.mtu)
            .put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(veth.container_netns));
      });
    });
  });
  netlink.request(message, "create veth " + veth.host_if + " with peer " + veth.container_if +
                               " in the container");
}

std::optional<Link> find_link(net::Netlink& netlink, const std::string& name) {
  net::NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, name);
  Link link;
  const bool found = netlink.get(message, "look up link " + name, [&](nlmsghdr* answer) {
    const auto* header = static_cast<ifinfomsg*>(nlmsg_data(answer));
    const net::Attributes attributes(answer, sizeof *header);
    link.index = static_cast<unsigned>(header->ifi_index);
    link.name = name;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.oper_up = attributes.u8(IFLA_OPERSTATE) == IF_OPER_UP;
    link.mtu = attributes.u32(IFLA_MTU).value_or(0);
    link.master = attributes.u32(IFLA_MASTER).value_or(0);
    link.group = attributes.u32(IFLA_GROUP).value_or(0);
    link.kind = attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND).value_or("");
    link.mac = attributes.mac(IFLA_ADDRESS).value_or(net::MacAddress{});
  });
  if (!found) return std::nullopt;
  return link;
}

Link require_link(net::Netlink& netlink, const std::string& name) {
  const auto link = find_link(netlink, name);
  if (!link) throw Error(ErrorCode::kSystem, "look up link " + name + ": it has vanished");
  return *link;
}

Link require_nic(net::Netlink& netlink, const NetworkSpec& spec) {
  const auto nic = find_link(netlink, spec.master);
  if (nic) return *nic;
  throw Error(
      ErrorCode::kNoMaster,
      "there is no interface \"" + spec.master + "\" to be the master of network " + spec.name,
      "correct or leave out `master` of the configuration");
}

void set_up(net::Netlink& netlink, const LinkId& link) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(link.index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  net::NetlinkMessage message(RTM_NEWLINK, 0, header);
  netlink.request(message, "set link " + to_string(link) + " up");
}

void poll_until(const std::string& what, const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return log::warning("{}: not yet", what);
    static_cast<void>(::poll(nullptr, 0, 1));
  }
}

void wait_for_carrier(net::Netlink& netlink, const std::string& name) {
  poll_until("carrier of " + name, [&] { return require_link(netlink, name).oper_up; });
}

net::NetlinkMessage delete_message(unsigned index) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  return {RTM_DELLINK, 0, header};
}

bool delete_link(net::Netlink& netlink, const LinkId& link) {
  net::NetlinkMessage message = delete_message(link.index);
  return netlink.request_unless_absent(message, "delete link " + to_string(link));
}

}  // namespace azcni::network
