#pragma once

#include <optional>
#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

// A network is of one NIC or of several: it has a record for each that a container was attached by.
// The first is kept by the network's name, as versions that knew one NIC have it; the others by
// "NAME NIC".

/// The network as it is wanted, by the NIC that `master` names or that the addresses are of, made
/// if it is not there as it should be. Where IPAM does not tell the NIC it is that of the record,
/// else the one that has an address in their subnet.
network::NetworkRecord ensure_network(network::NetworkSpec wanted,
                                      const network::Addressing& addressing, Context& context);

/// For STATUS: restores the network where it is on record, and throws what would keep an ADD from
/// making it.
void require_network(const network::NetworkSpec& wanted, Context& context);

std::vector<std::string> network_names(const Context& context);

/// By that NIC; an empty `nic` stands for any.
std::optional<network::NetworkRecord> find_network(const std::string& name, const std::string& nic,
                                                   const Context& context);

/// That of an attachment on record.
std::optional<network::NetworkRecord> network_of(const network::EndpointRecord& endpoint,
                                                 const Context& context);

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

/// The containers attached to a network, by its NIC.
std::vector<network::EndpointRecord> containers_of(const network::NetworkRecord& network,
                                                   const Context& context);

/// Gives the network's NICs back what the host had on them. Throws if containers are attached.
void remove_network(const std::string& name, Context& context);

}  // namespace azcni::vnet
