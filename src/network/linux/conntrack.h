#pragma once

#include <functional>
#include <vector>

#include "footprint.h"

namespace azcni::network::conntrack {

/// True if the host itself has the address.
bool is_of_host(const net::IpAddress& address);

/// Forgets the UDP flows to these ports of the host: a flow that began before the container was
/// there would go on as it was. Others' to such a port elsewhere go on. Without UDP the kernel is
/// not asked.
void forget_flows_to(const std::vector<HostPort>& ports,
                     const std::function<bool(const net::IpAddress&)>& is_local = is_of_host);

/// Forgets the UDP flows that these ports led to their containers.
void forget_flows_of(const std::vector<HostPort>& ports);

}  // namespace azcni::network::conntrack
