#pragma once

#include <vector>

#include "footprint.h"

namespace azcni::network::conntrack {

/// Forgets the UDP flows to these ports of the host: a flow that began before the container was
/// there would go on as it was. Costs nothing without UDP.
void forget_flows_to(const std::vector<HostPort>& ports);

/// Forgets the UDP flows that these ports led to their containers.
void forget_flows_of(const std::vector<HostPort>& ports);

}  // namespace azcni::network::conntrack
