#pragma once

#include <string>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "footprint.h"

/// The nf_tables table of one NIC that is a bridge's port: a constant number of rules, and one
/// element of a map for each address of a container, so that a packet costs the same with 1
/// container or 250. Rules and traps: measured in the lab (docs/adr/0008).
namespace azcni::network::bridge_table {

/// What the table of a NIC is made of.
struct Facts {
  std::string nic;
  net::MacAddress mac;                    ///< of the NIC, and so of the bridge
  unsigned number = 0;                    ///< of the NIC
  std::vector<net::IpAddress> host;       ///< the host's own addresses
  std::vector<net::Prefix> via_host;      ///< ipsToRouteViaHost
  std::vector<net::Prefix> direct = {};   ///< a family of which there is none: everything
  std::vector<net::Prefix> allowed = {};  ///< networks that containers may send from
};

nft::Ruleset ruleset_of(const Facts& facts);
nft::Table table_of(const std::string& nic);
/// What leads frames for the address to the container.
Element element_of(const std::string& nic, const net::IpAddress& address,
                   const net::MacAddress& container, const std::string& owner);

/// A container's address and where it is.
struct Entry {
  net::IpAddress address;
  net::MacAddress mac;
  std::string owner = {};
  bool operator==(const Entry&) const = default;
};
std::vector<Entry> list(net::Netlink& nft, const std::string& nic);
/// The NICs that have such a table.
std::vector<std::string> nics_of(const std::vector<nft::Table>& tables);

}  // namespace azcni::network::bridge_table
