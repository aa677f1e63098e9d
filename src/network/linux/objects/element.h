#pragma once

#include "footprint.h"
#include "nft/batch.h"

/// As objects.h, for what nf_tables has: changes go into one transaction.
namespace azcni::network {

/// True if something is to be changed. An element of a container that is gone gives way. Throws
/// Error(kPortTaken) for a port of the host that leads to another container.
bool append_creation(const Element& element, net::Netlink& nft, nft::Transaction& transaction);
/// False if it is not there, or another container's by now.
bool append_removal(const Element& element, net::Netlink& nft, nft::Transaction& transaction);
bool is_there(const Element& element, net::Netlink& nft);
std::string to_string(const Element& element);

}  // namespace azcni::network
