#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "azcni/net/netlink.h"
#include "rule.h"
#include "types.h"

/// What is in nf_tables, as the kernel tells it.
namespace azcni::network::nft {

/// None in a kernel without nf_tables.
std::vector<Table> list_tables(net::Netlink& netlink);

bool has_table(net::Netlink& netlink, const Table& table);
/// A chain of any kind.
bool has_chain(net::Netlink& netlink, const Table& table, const std::string& name);

/// A chain that packets meet by themselves.
struct Chain {
  Table table;
  std::string name;
  Hook hook = Hook::kPrerouting;
  bool drops = false;  ///< its policy, of what no rule decides
};
std::vector<Chain> list_chains(net::Netlink& netlink);

/// Packets by counter; none if there is no such table.
std::map<std::string, std::uint64_t> read_counters(net::Netlink& netlink, const Table& table);

/// What a rule does to the packets that come to it.
enum class Effect {
  kDecides,     ///< about some of them, or it is not known what
  kPasses,      ///< accepts those that it fits
  kGoesOn,      ///< only counts, logs or marks
  kRefusesAll,  ///< drops or rejects each
  kJumps,       ///< sends each to another chain
};

struct RuleId {
  std::uint64_t handle = 0;
  std::string comment;                    ///< as `nft` has it, or as iptables-restore makes it
  std::optional<std::size_t> known = {};  ///< which of the known rules it is
  Effect effect = Effect::kDecides;
  std::string target = {};                 ///< the chain that it jumps to
  std::vector<std::string> compared = {};  ///< names of interfaces, and other values
};
/// `known`: rules that are to be recognized by what they are made of, counters left out.
std::vector<RuleId> list_rules(net::Netlink& netlink, const Chain& chain,
                               const std::vector<Rule>& known = {});

/// True if a rule of the table masquerades, kube-proxy's for its services left out.
bool masquerades(net::Netlink& netlink, const Table& table);

/// How many chains, sets, maps and counters the table has; none if it is not there, or dormant.
std::optional<std::size_t> count_in_force(net::Netlink& netlink, const Table& table);

/// None if there is no chain of that name, or not of this kind.
std::optional<BaseChain> find_chain(net::Netlink& netlink, const Table& table,
                                    const std::string& name);

/// True if the rules of the table are these, each with its chain, in their order and with what they
/// are made of; in the chains that are named, no others. The kernel says more of an expression than
/// it was told: that is not compared.
bool has_rules(net::Netlink& netlink, const Table& table,
               const std::vector<std::pair<std::string, Rule>>& rules);

/// The element with that key, if there is one.
std::optional<Entry> find_element(net::Netlink& netlink, const Table& table, const std::string& set,
                                  const Bytes& key);

/// All elements of a set or map; none if it is not there.
std::vector<Entry> list_elements(net::Netlink& netlink, const Table& table, const std::string& set);

}  // namespace azcni::network::nft
