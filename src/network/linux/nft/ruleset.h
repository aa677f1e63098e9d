#pragma once

#include <string>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "batch.h"
#include "rule.h"
#include "types.h"

namespace azcni::network::nft {

/// A base chain, with policy accept.
struct BaseChain {
  std::string name;
  Hook hook = Hook::kPrerouting;
  std::int32_t priority = 0;
  ChainType type = ChainType::kFilter;
  bool operator==(const BaseChain&) const = default;
};

/// A whole table but for the elements of attachments, as data: it is made, looked for and replaced
/// as one.
///
///     Ruleset guard{{Family::kInet, "azure_vnet"}};
///     guard.chains = {{"guard", Hook::kPrerouting, -300}};
///     guard.rules = {{"guard", Rule().in_group(7).drop()}};
struct Ruleset {
  Table table;
  std::vector<Set> sets = {};
  std::vector<Map> maps = {};
  std::vector<BaseChain> chains = {};
  std::vector<std::pair<std::string, Rule>> rules = {};  ///< each with its chain
  /// What a set has in it, and all of it; without intervals, of each prefix the address.
  std::vector<std::pair<Set, std::vector<net::Prefix>>> contents = {};
  bool operator==(const Ruleset&) const = default;
};

/// Makes what is missing, and rules and contents anew; maps keep what they have. In one transaction
/// no packet meets less than a whole table.
void append(Batch& batch, const Ruleset& ruleset);

/// What `nft -f` would make it of.
std::string to_string(const Ruleset& ruleset);

/// True if the rules are there, expression by expression and in this order, with no others between
/// them, and the contents are just these. Counters are not compared.
bool is_there(net::Netlink& netlink, const Ruleset& ruleset);

}  // namespace azcni::network::nft
