#pragma once

#include "azcni/net/netlink.h"
#include "azcni/network/endpoint.h"
#include "links.h"

namespace azcni::network {

/// Lets no more leave by an interface than this, on average: a token bucket (man 8 tc-tbf) as its
/// root queue, which goes with the interface. A rate of 0 does nothing.
void set_tbf(net::Netlink& netlink, const LinkId& link, const Rate& rate);

}  // namespace azcni::network
