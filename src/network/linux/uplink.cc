#include "uplink.h"

#include <linux/rtnetlink.h>

#include "azcni/base/log.h"
#include "sysctl.h"

namespace azcni::network::uplink {
namespace {

using Messages = HostConfig::Messages;

/// What moves, and what was there before.
struct Move {
  Link nic;
  HostConfig on_nic;
  HostConfig on_bridge;  ///< of the host's, and the ways to containers
  HostConfig config;     ///< that the bridge gets
};

Link ensure_bridge(net::Netlink& netlink, const std::string& name, const Link& nic) {
  if (!find_link(netlink, name)) {
    create_bridge(netlink, name, nic.mac, nic.mtu);
    // Of a hardened host the NIC alone may have IPv6.
    const std::string ipv6_is_off = sysctl::read("ipv6/conf/" + nic.name + "/disable_ipv6");
    if (!ipv6_is_off.empty()) sysctl::set("ipv6/conf/" + name + "/disable_ipv6", ipv6_is_off);
    // Azure's IPv6 default route comes by router advertisement: to whoever has the address.
    const std::string accept_ra = sysctl::read("ipv6/conf/" + nic.name + "/accept_ra");
    // Its addresses are the NIC's, which nobody else was found to have.
    sysctl::set("ipv6/conf/" + name + "/accept_dad", "0");
    if (!accept_ra.empty()) sysctl::set("ipv6/conf/" + name + "/accept_ra", accept_ra);
  }
  const Link bridge = require_link(netlink, name);
  if (!bridge.up) netlink.request(up_message(bridge.index), "set link " + name + " up");
  return bridge;
}

void append_joining(Messages& messages, const Move& move, unsigned bridge) {
  move.config.append_addresses(messages, bridge);
  messages.push_back(master_message(move.nic.index, bridge));
  // Between these two the host sends by the NIC, as a port too, and receives by the bridge.
  move.config.append_routes(messages, bridge);
}

void append_leaving(Messages& messages, const Move& move, unsigned bridge) {
  move.config.without(move.on_bridge).append_removal(messages, bridge);
  // With the last IPv4 address of a link the kernel removes its IPv4 routes.
  move.on_bridge.append_routes(messages, bridge);
  if (move.nic.master == 0) messages.push_back(master_message(move.nic.index, 0));
}

void move_back(const Move& move, unsigned bridge) {
  net::Netlink netlink;  // in that of a call that failed there may be answers
  Messages messages;
  move.on_nic.append_addresses(messages, move.nic.index);
  move.on_nic.append_routes(messages, move.nic.index);
  append_leaving(messages, move, bridge);
  netlink.sequence(messages, "give " + move.nic.name + " its configuration back");
}

}  // namespace

Link to_bridge(net::Netlink& netlink, const std::string& nic_name, const std::string& bridge_name,
               const HostConfig& lost, UndoStack& undo) {
  Move move{require_link(netlink, nic_name), {}, {}, {}};
  move.on_nic = HostConfig::read(netlink, move.nic.index);
  move.config = move.on_nic.endless();
  if (const auto there = find_link(netlink, bridge_name)) {
    move.on_bridge = HostConfig::read(netlink, there->index);
  } else {
    undo.push("remove the bridge", [bridge_name] {
      net::Netlink socket;
      if (const auto made = find_link(socket, bridge_name)) delete_link(socket, *made);
    });
  }
  if (move.on_nic.empty() && move.on_bridge.addresses().empty() && !lost.empty()) {
    log::warning("the host's addresses were lost with the bridge: restoring them");
    move.config = lost.endless();
  }
  const Link bridge = ensure_bridge(netlink, bridge_name, move.nic);

  const std::string what = "move " + nic_name + " and its configuration below the bridge";
  Messages rehearsal, messages;
  append_joining(rehearsal, move, bridge.index);
  append_leaving(rehearsal, move, bridge.index);
  netlink.sequence(rehearsal, what);
  undo.push("give the NIC back", [move, bridge] { move_back(move, bridge.index); });
  append_joining(messages, move, bridge.index);
  move.on_nic.append_removal(messages, move.nic.index);
  netlink.sequence(messages, what);
  return bridge;
}

void to_nic(net::Netlink& netlink, const std::string& nic_name, const std::string& bridge_name) {
  const Link nic = require_link(netlink, nic_name);
  const Link bridge = require_link(netlink, bridge_name);
  const HostConfig config = HostConfig::read(netlink, bridge.index);
  const HostConfig on_nic = HostConfig::read(netlink, nic.index);
  const std::string what = "give " + nic_name + " its configuration back";
  const auto append_additions = [&](Messages& messages) {
    config.append_addresses(messages, nic.index);
    config.append_routes(messages, nic.index);
  };
  Messages rehearsal, messages;
  append_additions(rehearsal);
  config.without(on_nic).append_removal(rehearsal, nic.index);
  netlink.sequence(rehearsal, what);
  append_additions(messages);
  config.append_removal(messages, bridge.index);
  if (nic.master != 0) messages.push_back(master_message(nic.index, 0));
  // Last, since it takes longest: the host has all by then.
  messages.push_back(link_message(RTM_DELLINK, bridge.index));
  netlink.sequence(messages, what);
}

}  // namespace azcni::network::uplink
