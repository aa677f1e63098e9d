#pragma once

#include <string>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "nft/types.h"

/// The nf_tables table of one NIC that is a bridge's port: a constant number of rules, and one
/// element of a map for each address of a container, so that a packet costs the same with 1
/// container or 250. Rules and traps: measured in the lab (docs/adr/0008).
namespace azcni::network::l2 {

/// What the rules of a NIC are made of.
struct Uplink {
  std::string nic;
  net::MacAddress mac;                   ///< of the NIC, and so of the bridge
  unsigned index = 0;                    ///< of the NIC
  std::vector<net::IpAddress> host;      ///< the host's own addresses
  std::vector<net::IpAddress> via_host;  ///< ipsToRouteViaHost
  std::vector<net::Prefix> direct = {};  ///< a family of which there is none: everything
};

/// A container's address and where it is.
struct Container {
  net::IpAddress address;
  net::MacAddress mac;
  bool operator==(const Container&) const = default;
};

/// Groups of the host's links of containers (ip link set group): rules know a port by it.
std::uint32_t group_of(unsigned nic_index, bool tunnel);

nft::Table table_of(const std::string& nic);

/// Makes the table, or its rules anew, in one transaction, with these containers in it; others that
/// are in it stay.
void install(net::Netlink& nft, const Uplink& uplink, const std::vector<Container>& containers);
/// Makes such a table and removes it, in one transaction that nobody sees: throws what the kernel
/// lacks for it.
void probe(net::Netlink& nft);
/// True if all the rules are there; they are counted.
bool is_installed(net::Netlink& nft, const std::string& nic);
/// No error if it is gone.
void remove(net::Netlink& nft, const std::string& nic);

void add(net::Netlink& nft, const std::string& nic, const Container& container);
void remove(net::Netlink& nft, const std::string& nic, const Container& container);
std::vector<Container> list(net::Netlink& nft, const std::string& nic);
/// The NICs that have such a table.
std::vector<std::string> nics_of(const std::vector<nft::Table>& tables);

}  // namespace azcni::network::l2
