#pragma once

#include "footprint.h"

/// What all networks of a node share in nf_tables: the table "inet azure_vnet". Ports of the host
/// are in it, since one port has one owner whatever its network: the kernel's EEXIST is the lock
/// (docs/adr/0027). It is the same whichever networks there are.
namespace azcni::network::node_table {

nft::Table table();
nft::Ruleset ruleset();

}  // namespace azcni::network::node_table
