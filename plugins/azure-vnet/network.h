#pragma once

#include <functional>
#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// Asked for the addresses when, and not before, they are needed: IPAM works meanwhile.
using AddressSource = std::function<network::Addressing()>;

/// The network as it is wanted, made if it is not there as it should be. Only then the
/// addresses are asked for: by their subnet a NIC is found where none is named.
network::NetworkRecord ensure_network(network::NetworkSpec wanted,
                                      const AddressSource& await_addressing, Context& context);

/// For an attachment that is complete on record since a moment: whoever remade `network` before
/// that moment left it out of the tables.
void restore_if_remade(const network::NetworkRecord& network,
                       const network::EndpointRecord& endpoint, const Context& context);

/// How a container is connected that is attached to the network now.
network::Placement placement_in(const network::NetworkRecord& network, const Context& context);

/// What is on record of a NIC.
network::NicState state_of(const std::string& nic, const Context& context);

/// Of all NICs that networks are on record of.
std::vector<network::NicState> list_states(const Context& context);

/// True if the network is still as it was made.
bool is_connected(const network::NetworkRecord& network, const Context& context);

/// What is missing of an attachment on record, in words; empty if it is whole.
std::string find_missing(const network::EndpointRecord& endpoint, const Context& context);

/// Makes a network that is on record as it was.
void mend_network(const network::NetworkRecord& known, Context& context);

/// The same, unless another verb is at work on its NIC: nothing is waited for.
void try_put_back_network(const network::NetworkRecord& known, Context& context);

/// The containers attached to a network.
std::vector<network::EndpointRecord> containers_of(const std::string& network,
                                                   const Context& context);

/// Gives the NIC back what the host had on it. Throws if containers are attached.
void remove_network(const std::string& name, Context& context);

}  // namespace azcni::vnet
