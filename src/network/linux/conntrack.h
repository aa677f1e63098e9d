#pragma once

#include <vector>

#include "azcni/net/address.h"
#include "azcni/network/endpoint.h"

namespace azcni::network::conntrack {

/// Forgets the UDP flows to these ports of the host: a flow that began before the container was
/// there, or goes to one that is gone, would go on as it was. Costs nothing without UDP.
void forget_flows_to(const std::vector<PortMapping>& ports);

/// Forgets the UDP flows that ports of the host led to this container.
void forget_flows_of(const std::vector<net::IpAddress>& containers);

}  // namespace azcni::network::conntrack
