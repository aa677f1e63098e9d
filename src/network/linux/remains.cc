#include "remains.h"

#include <set>

#include "azcni/net/interfaces.h"
#include "bridge_table.h"
#include "inet_table.h"
#include "nft/query.h"
#include "objects/objects.h"

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
  const auto tables = nft::list_tables(kernel.nft());
  for (const std::string& nic : bridge_table::nics_of(tables)) {
    for (const auto& each : bridge_table::list(kernel.nft(), nic)) {
      if (each.mac != endpoint.container_mac) continue;
      found.host.push_back({bridge_table::element_of(nic, each.address, each.mac)});
      const std::string bridge = bridge_of(nic, each.address, kernel.host());
      if (bridge.empty()) continue;
      found.host.push_back({Neighbour{bridge, each.address, each.mac}});
      found.host.push_back({Route{bridge, net::Prefix::single(each.address)}});
    }
  }
  const Objects more = inet_table::find_elements(kernel.nft(), tables, endpoint.container_mac);
  found.host.insert(found.host.end(), more.begin(), more.end());
  return found;
}

Objects list_ways(Kernel& kernel) {
  Objects ways;
  if (kernel.find_nft() == nullptr) return ways;
  for (const std::string& nic : bridge_table::nics_of(nft::list_tables(kernel.nft()))) {
    for (const auto& each : bridge_table::list(kernel.nft(), nic))
      ways.push_back({bridge_table::element_of(nic, each.address, each.mac)});
  }
  return ways;
}

Objects without_owners(const Objects& ways, const std::vector<EndpointRecord>& on_record) {
  std::set<nft::Bytes> macs, addresses;
  for (const EndpointRecord& each : on_record) macs.insert(nft::bytes_of(each.spec.container_mac));
  Objects stale = ways;
  std::erase_if(stale, [&](const Object& each) {
    return macs.count(std::get<Element>(each.value).value) != 0;
  });
  if (stale.empty()) return stale;
  for (const net::VethPair& link : net::list_veth_pairs()) {
    for (const net::IpAddress& address : link.addresses) addresses.insert(nft::bytes_of(address));
  }
  std::erase_if(stale, [&](const Object& each) {
    return addresses.count(std::get<Element>(each.value).key) != 0;
  });
  return stale;
}

}  // namespace azcni::network
