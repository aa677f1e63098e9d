#pragma once

#include <string>
#include <vector>

#include "azcni/network/backend.h"
#include "nftables.h"

/// `forwardAccept`: what containers send and get passes the host's firewall. An accept in a table
/// of our own could not do that: a packet needs the consent of every chain. So two rules, tagged
/// with the network's name, stand first in each chain of others that forwarded packets pass:
/// iptables-nft's FORWARD, firewalld's, an administrator's. Rules of iptables-legacy are not in
/// nf_tables; `azure-vnet doctor` says what to do there.
namespace azcni::network::forward_accept {

/// Puts the rules where they are missing; idempotent.
void ensure(net::Netlink& nft, const NetworkSpec& network);
bool is_ensured(net::Netlink& nft, const NetworkSpec& network);
/// Removes them from wherever they are.
void remove(net::Netlink& nft, const std::string& network);

}  // namespace azcni::network::forward_accept
