#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include <cerrno>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "objects.h"

namespace azcni::network {
namespace {

net::NetlinkMessage creation_of(const Veth& veth, unsigned bridge, int container) {
  const ifinfomsg header{};
  net::NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
  // Both MACs are in the creating message: udev's MACAddressPolicy leaves such links alone.
  message.put(IFLA_IFNAME, veth.link).put(IFLA_ADDRESS, veth.mac).put_u32(IFLA_MTU, veth.mtu);
  if (bridge != 0) message.put_u32(IFLA_MASTER, bridge);
  if (veth.group != 0) message.put_u32(IFLA_GROUP, veth.group);
  if (veth.strict) {
    message.nest(IFLA_AF_SPEC, [&] {
      message.nest(AF_INET, [&] {
        message.nest(IFLA_INET_CONF, [&] { message.put_u32(IPV4_DEVCONF_RP_FILTER, 1); });
      });
    });
  }
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "veth");
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        message.append(&header, sizeof header)
            .put(IFLA_IFNAME, veth.peer)
            .put(IFLA_ADDRESS, veth.peer_mac)
            .put_u32(IFLA_MTU, veth.mtu)
            .put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(container));
      });
    });
  });
  return message;
}

bool is_as_wanted(const Link& link, const Veth& veth) {
  return veth.mtu == 0 || (link.mtu == veth.mtu && link.group == veth.group);
}

}  // namespace

bool correct(const Veth& veth, Namespace& host) {
  const auto link = host.find(veth.link);
  if (!link || link->mac != veth.mac) return false;
  if (is_as_wanted(*link, veth)) return true;
  host.netlink().request(link_message(RTM_NEWLINK, link->index)
                             .put_u32(IFLA_MTU, veth.mtu)
                             .put_u32(IFLA_GROUP, veth.group),
                         "set MTU and group of " + veth.link);
  return true;
}

void put(const Veth& veth, Namespace& host, Namespace& container) {
  const std::string what = "add `" + to_string(veth) + "`";
  const auto create = [&] {
    return creation_of(veth, veth.bridge.empty() ? 0 : host.index(veth.bridge), container.fd());
  };
  if (host.netlink().request_unless_present(create(), what) || correct(veth, host)) return;
  const auto link = host.find(veth.link);
  if (!link) {
    throw Error(ErrorCode::kSystem,
                what + ": there is an interface " + veth.peer + " in the container already",
                "delete that, or have the runtime choose another CNI_IFNAME", EEXIST);
  }
  // Names are made of the pod's name, so a pod that was created again finds the link of its former
  // life, whose DEL has not come yet and will find none.
  log::info("link {} of another container of this pod goes", veth.link);
  delete_link(host.netlink(), *link);
  host.forget(veth.link);
  host.netlink().request(create(), what);
}

bool remove(const Veth& veth, Namespace& host) {
  const auto link = host.find(veth.link);
  if (!link || link->mac != veth.mac) return false;
  host.forget(veth.link);
  return delete_link(host.netlink(), *link);  // its peer and routes go with it
}

void remove_from_within(const Veth& veth, Namespace& container) {
  const auto peer = container.find(veth.peer);
  if (peer && peer->mac == veth.peer_mac) delete_link(container.netlink(), *peer);
}

bool is_there(const Veth& veth, Namespace& host) {
  const auto link = host.find(veth.link);
  return link && link->mac == veth.mac && is_as_wanted(*link, veth);
}

std::string to_string(const Veth& veth) {
  std::string text = "ip link add " + veth.link + " address " + net::to_string(veth.mac) + " mtu " +
                     std::to_string(veth.mtu);
  if (!veth.bridge.empty()) text += " master " + veth.bridge;
  if (veth.group != 0) text += " group " + std::to_string(veth.group);
  return text + " type veth peer name " + veth.peer + " address " + net::to_string(veth.peer_mac) +
         " mtu " + std::to_string(veth.mtu) + " netns CONTAINER";
}

bool is_there(const Peer& peer, Namespace& in) {
  const auto link = in.find(peer.link);
  return link && link->mac == peer.mac;
}

std::string to_string(const Peer& peer) {
  return "ip link set " + peer.link + " address " + net::to_string(peer.mac);
}

void append_creation(const Loopback&, Namespace& in, Messages& messages) {
  messages.push_back(up_message(in.index("lo")));
}

bool is_there(const Loopback&, Namespace&) { return true; }

std::string to_string(const Loopback&) { return "ip link set lo up"; }

void append_creation(const LinkUp& link, Namespace& in, Messages& messages) {
  messages.push_back(up_message(in.index(link.link)));
}

bool is_there(const LinkUp& link, Namespace& in) {
  const auto found = in.find(link.link);
  return found && found->up;
}

std::string to_string(const LinkUp& link) { return "ip link set " + link.link + " up"; }

}  // namespace azcni::network
