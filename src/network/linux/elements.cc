#include "elements.h"

#include <algorithm>
#include <set>

#include "azcni/net/interfaces.h"
#include "naming.h"
#include "nft/query.h"
#include "nft/side.h"
#include "node_table.h"
#include "owner.h"
#include "port_key.h"

namespace azcni::network::elements {
namespace {

constexpr const char* kStems[] = {"ports", "ports_of_address", "hairpin", "masqueraded",
                                  "pods",  "containers",       "senders"};
/// Of links, not of addresses.
constexpr const char* kOfLinks[] = {"senders", "routers"};

bool leads_to(const std::string& set) { return set.starts_with("ports"); }

Element element_of(const nft::Table& table, const std::string& set, const nft::Entry& entry) {
  Element element{table, set, entry.key, entry.value, {}, entry.comment};
  const net::IpAddress address = address_of(element);
  element.text = net::to_string(address);
  const auto key = node_table::PortKey::from_bytes(entry.key);
  if (leads_to(set) && key)
    element.port = HostPort{nft::protocol_name(key->protocol), key->port, address, 0, key->address};
  return element;
}

Objects objects_of(const std::vector<Element>& elements) {
  Objects objects;
  for (const Element& each : elements) objects.push_back({each});
  return objects;
}

}  // namespace

bool is_ours(const nft::Table& table) {
  const bool is_of_family =
      table.family == nft::Family::kInet || table.family == nft::Family::kBridge;
  return is_of_family && (table == node_table::table() || table.name.starts_with(kTablePrefix));
}

net::IpAddress address_of(const Element& element) {
  const auto is_it = [&](const char* set) { return element.set == set; };
  if (std::any_of(std::begin(kOfLinks), std::end(kOfLinks), is_it))
    return {net::Family::kIpv4, nft::Bytes(4)};
  const nft::Side& side = nft::kSides[element.set.ends_with('6') ? 1 : 0];
  nft::Bytes bytes = leads_to(element.set) ? element.value : element.key;
  if (element.set.starts_with(kOfLinks[0]))
    bytes.erase(bytes.begin(), bytes.end() - nft::length_of({side.address}));
  bytes.resize(nft::length_of({side.address}));
  return {side.family, bytes};
}

std::vector<Element> list(net::Netlink& nft) {
  std::vector<Element> found;
  for (const nft::Table& table : nft::list_tables(nft)) {
    if (!is_ours(table)) continue;
    const auto add = [&](const std::string& set) {
      for (const nft::Entry& each : nft::list_elements(nft, table, set))
        found.push_back(element_of(table, set, each));
    };
    for (const nft::Side& side : nft::kSides) {
      for (const char* stem : kStems) add(side.set(stem));
    }
    for (const char* set : kOfLinks) add(set);
  }
  return found;
}

Objects of_former_holders(net::Netlink& nft, const EndpointRecord& endpoint) {
  const std::string owner = owner_of(endpoint.spec.id);
  std::set<net::IpAddress> passed_on;
  for (const net::Prefix& each : endpoint.addressing.addresses) {
    const nft::Bytes address = nft::bytes_of(each.address);
    // Whoever has ports has this element.
    const auto found =
        nft::find_element(nft, node_table::table(), nft::side_of(each.address).set("hairpin"),
                          nft::joined({address, address}));
    if (found && found->comment != owner) passed_on.insert(each.address);
  }
  if (passed_on.empty()) return {};
  std::vector<Element> left = list(nft);
  std::erase_if(left, [&](const Element& each) {
    return each.owner == owner || !(each.table == node_table::table()) ||
           passed_on.count(address_of(each)) == 0;
  });
  return objects_of(left);
}

Objects without_owners(const std::vector<Element>& listed,
                       const std::vector<EndpointRecord>& on_record) {
  std::set<std::string> owners;
  std::set<net::IpAddress> addresses;
  for (const EndpointRecord& record : on_record) {
    owners.insert(owner_of(record.spec.id));
    for (const net::Prefix& each : record.addressing.addresses) addresses.insert(each.address);
  }
  std::vector<Element> stale = listed;
  std::erase_if(stale, [&](const Element& each) {
    return each.owner.empty() ? addresses.count(address_of(each)) != 0
                              : owners.count(each.owner) != 0;
  });
  if (stale.empty()) return {};
  std::set<net::MacAddress> links;
  for (const net::VethPair& link : net::list_veth_pairs()) {
    links.insert(link.mac);
    addresses.insert(link.addresses.begin(), link.addresses.end());
  }
  std::erase_if(stale, [&](const Element& each) {
    const auto mac = link_mac_of(each.owner);
    return each.owner.empty() ? addresses.count(address_of(each)) != 0
                              : mac && links.count(*mac) != 0;
  });
  return objects_of(stale);
}

}  // namespace azcni::network::elements
