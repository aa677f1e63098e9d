#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "batch.h"
#include "rule.h"
#include "types.h"

namespace azcni::network::nft {

/// A whole table but for the elements of attachments, as data: it is made, looked for and replaced
/// as one.
///
///     Ruleset guard{{Family::kInet, "azure_vnet"}};
///     guard.chains = {{"guard", Hook::kPrerouting, -300}};
///     guard.rules = {{"guard", Rule().in_group(7, ~0U).drop()}};
struct Ruleset {
  Table table;
  std::vector<Set> sets = {};
  std::vector<Map> maps = {};
  std::vector<std::string> counters = {};
  std::vector<BaseChain> chains = {};
  std::vector<std::string> inner_chains = {};            ///< that rules of others lead to
  std::vector<std::pair<std::string, Rule>> rules = {};  ///< each with its chain
  /// What a set has in it, and all of it; without intervals, of each prefix the address.
  std::vector<std::pair<Set, std::vector<net::Prefix>>> contents = {};
  bool operator==(const Ruleset&) const = default;
};

/// Makes the table, in place of whatever is there by its name. In one transaction no packet meets
/// less than a whole table. `counted`: packets by counter.
void append(Batch& batch, const Ruleset& ruleset,
            const std::map<std::string, std::uint64_t>& counted = {});
/// The same, unless it is there; elements of attachments and what was counted stay. A table of ours
/// is ours alone: what somebody else put into it is removed.
void append_unless_there(net::Netlink& netlink, Transaction& transaction, const Ruleset& ruleset);

/// What `nft -f` would make it of.
std::string to_string(const Ruleset& ruleset);

/// True if the table is in force and has these chains and sets, and no others; these rules,
/// expression by expression and in this order; and just these contents. Counters are not compared.
bool is_there(net::Netlink& netlink, const Ruleset& ruleset);

}  // namespace azcni::network::nft
