#pragma once

#include <string>
#include <vector>

#include "azcni/net/netlink.h"
#include "footprint.h"
#include "nft/query.h"
#include "nft/rule.h"

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

/// True for a chain that forwarded packets of IP pass.
bool forwards_ip(const nft::Chain& chain);
/// The comment of a network's rules.
std::string tag_of(const std::string& network);
std::vector<nft::Rule> rules_of(const ForeignAccept& wanted);

}  // namespace azcni::network::forward_accept

namespace azcni::network {
std::string to_string(const ForeignAccept& accept);
}
