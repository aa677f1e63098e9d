#pragma once

#include <vector>

#include "azcni/net/netlink.h"
#include "azcni/network/backend.h"

namespace azcni::network {

/// The NICs of the host that have an address, and `nic` whether it has one or not; none if that is
/// the only one. Dumps: not for an ADD whose network is there.
std::vector<HostNic> list_host_nics(net::Netlink& netlink, const NicRecord& nic);

}  // namespace azcni::network
