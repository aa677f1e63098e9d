#include "nic_connection.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "azcni/base/error.h"
#include "bridge_table.h"
#include "host_config.h"
#include "host_nics.h"
#include "link_managers.h"
#include "managed_bridge.h"
#include "modes/mode.h"
#include "nft/query.h"
#include "nic_bridge.h"
#include "nic_routing.h"
#include "objects/objects.h"
#include "resolved.h"
#include "uplink.h"

namespace azcni::network {
namespace {

bool may_be_told(Kernel& kernel, const std::string& name) {
  const auto bridge = kernel.host().find(name);
  return !bridge || nic_bridge::is_ours(name, *bridge);
}

/// Null where the NIC is to be moved by us: neither configures it, or it was moved so before.
std::shared_ptr<const managed_bridge::Manager> mover_of(Kernel& kernel, const Link& nic,
                                                        const std::string& bridge) {
  if (!may_be_told(kernel, bridge)) return nullptr;
  if (nic.master != 0 && !link_managers::have_moved(nic.name)) return nullptr;
  return managed_bridge::manager_of(nic);
}

void move_by_ourselves(Kernel& kernel, const std::string& bridge, const Link& link,
                       const HostConfig& lost, UndoStack& undo) {
  const std::string nic = link.name;
  if (may_be_told(kernel, bridge)) {
    if (link.master == 0) undo.push("tell its managers", [nic] { link_managers::give_back(nic); });
    link_managers::leave_alone(nic);  // before it is touched
  }
  const bool is_new = !kernel.host().find(bridge);
  uplink::to_bridge(kernel.host().netlink(), nic, bridge, lost, undo);
  if (is_new) resolved::copy_dns(nic, bridge);
}

void move_by_manager(const std::shared_ptr<const managed_bridge::Manager>& manager, Kernel& kernel,
                     const std::string& bridge, const Link& link, UndoStack& undo) {
  const std::string nic = link.name;
  if (link.master == 0) undo.push("tell its managers", [nic] { link_managers::give_back(nic); });
  managed_bridge::to_bridge(manager, kernel.host().netlink(), link, bridge, undo);
  link_managers::leave_alone(nic);  // the others
}

void move_below_bridge(Kernel& kernel, const std::string& bridge, const Link& link,
                       const HostConfig& lost, UndoStack& undo) {
  const std::string nic = link.name;
  const auto ruled = bridge_table::nics_of(nft::list_tables(kernel.nft()));
  if (std::find(ruled.begin(), ruled.end(), nic) == ruled.end()) {
    undo.push("remove the NIC's rules", [nic, bridge] {
      Kernel().remove(footprint_of(NicRecord{.name = nic, .bridge = bridge}, {}), Level::kNic);
    });
  }
  if (const auto manager = mover_of(kernel, link, bridge)) {
    // Again, the host would be without a network for a second.
    if (!is_there(Uplink{nic, link.mtu, bridge}, kernel.host()))
      move_by_manager(manager, kernel, bridge, link, undo);
  } else {
    move_by_ourselves(kernel, bridge, link, lost, undo);
  }
  kernel.host().forget(bridge);
}

/// How the NIC is routed beside others.
void see_others(Kernel& kernel, const NetworkSpec& spec, NicRecord& nic) {
  for (const Subnet& each : spec.subnets) {
    const bool is_known =
        std::find(nic.subnets.begin(), nic.subnets.end(), each.prefix) != nic.subnets.end();
    if (!is_known && each.prefix.length < each.prefix.address.bits())
      nic.subnets.push_back(each.prefix);
  }
  nic.host_nics = list_host_nics(kernel.host().netlink(), nic);
  nic.table = nic_routing::table_of_addresses(nic);
  if (!spec.routing.masquerade || nic_routing::has_ipv4(nic)) return;
  throw Error(ErrorCode::kInvalidConfig,
              "NIC " + nic.name +
                  " has no IPv4 address of its own: `ipMasq` has none to give to "
                  "what containers send by it",
              "configure the NIC, or name another one in `master`");
}

/// Left alone, the kernel gives it the least of its ports': that of containers of before.
void follow_mtu(Kernel& kernel, const std::string& name, unsigned mtu) {
  const auto bridge = kernel.host().find(name);
  if (!bridge || bridge->mtu == mtu || !nic_bridge::is_ours(name, *bridge)) return;
  kernel.host().netlink().request(link_message(RTM_NEWLINK, bridge->index).put_u32(IFLA_MTU, mtu),
                                  "set the MTU of " + name);
}

std::vector<net::IpAddress> addresses_of(const std::vector<bridge_table::Entry>& containers) {
  std::vector<net::IpAddress> addresses;
  for (const auto& each : containers) addresses.push_back(each.address);
  return addresses;
}

}  // namespace

NicRecord connect_nic(Kernel& kernel, const NetworkSpec& spec,
                      const std::optional<NetworkRecord>& known, const NicState& on_nic,
                      UndoStack& undo) {
  net::Netlink& netlink = kernel.host().netlink();
  const Link link = require_nic(netlink, spec.master, spec.name);
  NicRecord nic = on_nic.nic.value_or(record_of_before(on_nic));
  nic.name = spec.master;
  nic.mac = link.mac;
  nic.mtu = link.mtu;
  if (nic.number == 0) nic.number = link.index;
  if (needs_of(spec).bridge) nic.bridge = nic_bridge::choose(netlink, spec, link, known);
  nic.has_nf_tables = kernel.find_nft() != nullptr;
  if (nic.bridge.empty()) {
    see_others(kernel, spec, nic);
    return nic;
  }
  const HostConfig lost = nic.before.is_null() ? HostConfig() : HostConfig::from_json(nic.before);
  move_below_bridge(kernel, nic.bridge, link, lost, undo);
  follow_mtu(kernel, nic.bridge, link.mtu);
  nic.host_addresses = HostConfig::read(netlink, kernel.host().index(nic.bridge)).addresses();
  see_others(kernel, spec, nic);
  return nic;
}

void finish_nic(Kernel& kernel, NicRecord& nic) {
  if (nic.bridge.empty()) return;
  kernel.settle(
      {{{LinkUp{nic.name}}, {LinkUp{nic.bridge}}, {BridgePort{nic.name, nic.bridge}}}, {}});
  const auto containers = addresses_of(bridge_table::list(kernel.nft(), nic.name));
  nic.before = HostConfig::read(kernel.host().netlink(), kernel.host().index(nic.bridge))
                   .without(containers)
                   .to_json();
}

void give_nic_back(Kernel& kernel, const NicRecord& nic) {
  Namespace& host = kernel.host();
  const auto bridge = host.find(nic.bridge);
  const bool is_ours = bridge && nic_bridge::is_ours(nic.bridge, *bridge);
  if (is_ours) {
    nic_bridge::require_no_other_port(nic.bridge, *bridge, nic.name, ErrorCode::kAlreadyAttached,
                                      "take it out of the bridge, which goes with the network");
  }
  if (bridge && kernel.find_nft() != nullptr) {
    // Of containers that are gone: the NIC would get them.
    Footprint ways;
    for (const auto& each : bridge_table::list(kernel.nft(), nic.name)) {
      ways.host.push_back({Neighbour{nic.bridge, each.address, each.mac}});
      ways.host.push_back({Route{nic.bridge, net::Prefix::single(each.address)}});
    }
    kernel.remove(ways);
  }
  if (is_ours) {
    const auto link = host.find(nic.name);
    if (!link) {
      delete_link(host.netlink(), *bridge);  // with what the host had on a NIC that is gone
    } else if (const auto manager = mover_of(kernel, *link, nic.bridge)) {
      managed_bridge::to_nic(*manager, host.netlink(), *link, nic.bridge);
    } else {
      uplink::to_nic(host.netlink(), nic.name, nic.bridge);
    }
    host.forget(nic.bridge);
  }
  kernel.remove(footprint_of(nic, {}), Level::kNic);
  link_managers::give_back(nic.name);
}

void keep_managers_away(Kernel& kernel, const NetworkRecord& network) {
  // Into a bridge that is not ours they may have put the NIC themselves.
  if (link_managers::are_told(network.spec.master) ||
      !may_be_told(kernel, network.spec.bridge.name))
    return;
  link_managers::leave_alone(network.spec.master);
}

NicRecord record_of_before(const NicState& on_nic) {
  NicRecord nic;
  for (const NetworkRecord& each : on_nic.networks) {
    nic.name = each.spec.master;
    nic.mtu = each.mtu;
    if (bridge_of(each.spec).empty()) continue;
    nic.bridge = bridge_of(each.spec);
    nic.before = each.host;
  }
  return nic;
}

}  // namespace azcni::network
