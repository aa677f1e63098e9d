#include "uplink.h"

#include "bridge_links.h"
#include "sysctl.h"

namespace azcni::network::uplink {

Link ensure_bridge(net::Netlink& netlink, const std::string& name, const std::string& nic_name,
                   const Link& nic) {
  if (!find_link(netlink, name)) {
    create_bridge(netlink, name, nic.mac, nic.mtu);
    // Azure's IPv6 default route comes by router advertisement: to whoever has the address.
    const std::string accept_ra = sysctl::read("ipv6/conf/" + nic_name + "/accept_ra");
    // Its addresses are the NIC's, which nobody else was found to have.
    sysctl::set("ipv6/conf/" + name + "/accept_dad", "0");
    if (!accept_ra.empty()) sysctl::set("ipv6/conf/" + name + "/accept_ra", accept_ra);
  }
  const Link bridge = require_link(netlink, name);
  if (!bridge.up) set_up(netlink, bridge.index, name);
  return bridge;
}

void move_to_bridge(net::Netlink& netlink, const HostConfig& config, const std::string& nic_name,
                    const Link& nic, const Link& bridge) {
  HostConfig::Messages messages;
  config.append_addresses(messages, bridge.index);
  messages.push_back(master_message(nic.index, bridge.index));
  // Between these two the host sends by the NIC, as a port too, and receives by the bridge.
  config.append_routes(messages, bridge.index);
  config.append_removal(messages, nic.index);
  netlink.sequence(messages, "move " + nic_name + " and its configuration below the bridge");
}

void give_back(net::Netlink& netlink, const HostConfig& config, const std::string& nic_name,
               const std::string& bridge_name) {
  const Link nic = require_link(netlink, nic_name);
  const auto bridge = find_link(netlink, bridge_name);
  HostConfig::Messages messages;
  config.append_addresses(messages, nic.index);
  config.append_routes(messages, nic.index);
  if (bridge) config.append_removal(messages, bridge->index);
  if (find_master_index(netlink, nic_name).value_or(0) != 0) {
    messages.push_back(master_message(nic.index, 0));
  }
  // Takes longest: the host has everything by then.
  if (bridge) messages.push_back(delete_message(bridge->index));
  netlink.sequence(messages, "give " + nic_name + " its configuration back");
}

}  // namespace azcni::network::uplink
