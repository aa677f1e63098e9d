#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "azcni/net/netlink.h"
#include "footprint.h"
#include "nft/query.h"
#include "nft/rule.h"

/// `forwardAccept`: what containers send and get passes the host's firewalls. An accept in a table
/// of our own could not do that: a packet needs the consent of every chain. So two rules stand last
/// in each chain of others that forwarded packets pass, before what drops or rejects all the rest:
/// what the chain decides about particular packets, policies say, holds (docs/adr/0027). Rules in
/// nf_tables are tagged with the network's name.
namespace azcni::network::forward_accept {

/// Puts the rules where they are missing or not in their place; idempotent.
void ensure(net::Netlink& nft, const ForeignAccept& wanted);
bool is_ensured(net::Netlink& nft, const ForeignAccept& wanted);
/// Removes them from wherever they are.
void remove(net::Netlink& nft, const ForeignAccept& known);
/// Chains before the rules that let no packet come to them, and decide without a word about these
/// links: "chain inet firewalld filter_FORWARD_ZONES".
std::vector<std::string> refusals(net::Netlink& nft, const std::string& links);

/// True for a chain that forwarded packets of IP pass.
bool forwards_ip(const nft::Chain& chain);
/// The comment of a network's rules.
std::string tag_of(const std::string& network);
std::vector<nft::Rule> rules_of(const ForeignAccept& wanted);

/// A network's rules in a chain.
struct Passes {
  std::vector<std::uint64_t> handles;
  std::optional<std::uint64_t> before;  ///< the rule that refuses all, where they belong
  bool are_whole = false;               ///< each once, as it was made, and in its place
};
/// `rules`: of the chain; those that are `known` are rules_of().
Passes passes_in(const std::vector<nft::RuleId>& rules, const std::string& network);

}  // namespace azcni::network::forward_accept

namespace azcni::network {
std::string to_string(const ForeignAccept& accept);
}
