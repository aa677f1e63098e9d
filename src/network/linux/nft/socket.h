#pragma once

#include <optional>

#include "azcni/net/netlink.h"

namespace azcni::network::nft {

/// True if the kernel answers on this socket for nf_tables. One without them may have nfnetlink all
/// the same (for conntrack, say), which finds each of their messages invalid.
bool has_nf_tables(net::Netlink& netlink);

/// A netlink socket for the calls here; nothing if the kernel has no nf_tables.
std::optional<net::Netlink> find_socket();
bool is_available();
/// Throws Error(kSystem) if the kernel has no nf_tables.
net::Netlink open_socket();

}  // namespace azcni::network::nft
