#pragma once

#include "azcni/net/netlink.h"
#include "footprint.h"

/// `forwardAccept`: what containers send and get passes the host's firewalls. An accept in a table
/// of our own could not do that: a packet needs the consent of every chain. So two rules stand
/// first in each chain of others that forwarded packets pass: iptables' FORWARD of either kind,
/// firewalld's, an administrator's. In nf_tables they are tagged with the network's name.
namespace azcni::network::forward_accept {

/// Puts the rules where they are missing; idempotent.
void ensure(net::Netlink& nft, const ForeignAccept& wanted);
bool is_ensured(net::Netlink& nft, const ForeignAccept& wanted);
/// Removes them from wherever they are.
void remove(net::Netlink& nft, const ForeignAccept& known);

}  // namespace azcni::network::forward_accept

namespace azcni::network {
std::string to_string(const ForeignAccept& accept);
}
