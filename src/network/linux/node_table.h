#pragma once

#include <string>
#include <vector>

#include "azcni/net/netlink.h"
#include "footprint.h"

/// What all networks of a node share in nf_tables: the table "inet azure_vnet". Ports of the host
/// are in it, since one port has one owner whatever its network: the kernel's EEXIST is the lock
/// (docs/adr/0030). It is the same whichever networks there are.
namespace azcni::network::node_table {

nft::Table table();
nft::Ruleset ruleset();

/// The ports of the attachment, which lead to its first address of a family, and what else the
/// rules know it by.
Objects elements_of(const EndpointRecord& endpoint);

/// Elements by which anybody has the port: of the same address of the host, or of all of them
/// where one is wanted, or of one where all are.
std::vector<Element> find_port(net::Netlink& nft, const HostPort& port);

/// As elements_of: of a map of ports.
Element element_of(const HostPort& port, const std::string& owner);

}  // namespace azcni::network::node_table
