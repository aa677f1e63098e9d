#include "remains.h"

#include <set>

#include "elements.h"
#include "naming.h"
#include "objects/objects.h"
#include "owner.h"

namespace azcni::network {
namespace {

/// The host's route to a container behind this NIC: by its bridge, whatever that is called.
std::string bridge_of(const std::string& nic, const net::IpAddress& address, Namespace& host) {
  if (const auto link = find_host_route(address, host)) return link_name(*link);
  const auto port = host.find(nic);
  return port && port->master != 0 ? link_name(port->master) : std::string();
}

}  // namespace

Footprint find_remains(Kernel& kernel, const EndpointSpec& endpoint) {
  Footprint found;
  found.host.push_back({Veth{endpoint.host_if, endpoint.host_mac, 0, 0, "", endpoint.id.if_name,
                             endpoint.container_mac}});
  if (kernel.find_nft() == nullptr) return found;
  const std::string owner = owner_of(endpoint.id);
  const nft::Bytes mac = nft::bytes_of(endpoint.container_mac);
  const std::vector<Element> all = elements::list(kernel.nft());
  std::set<net::IpAddress> addresses;  // older versions wrote no owner, but MAC addresses
  for (const Element& each : all) {
    if (each.owner == owner || (each.owner.empty() && each.value == mac))
      addresses.insert(elements::address_of(each));
  }
  for (const Element& each : all) {
    const net::IpAddress address = elements::address_of(each);
    if (each.owner != owner && !(each.owner.empty() && addresses.count(address) != 0)) continue;
    found.host.push_back({each});
    if (!each.set.starts_with("containers")) continue;
    const std::string nic = each.table.name.substr(std::string(kTablePrefix).size());
    const std::string bridge = bridge_of(nic, address, kernel.host());
    if (bridge.empty()) continue;
    found.host.push_back({Neighbour{bridge, address, endpoint.container_mac}});
    found.host.push_back({Route{bridge, net::Prefix::single(address)}});
  }
  return found;
}

}  // namespace azcni::network
