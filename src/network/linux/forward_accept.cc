#include "forward_accept.h"

#include <algorithm>
#include <set>

#include "nft/batch.h"

namespace azcni::network::forward_accept {
namespace {

constexpr std::size_t kRules = 2;  // of a network, in each chain

std::vector<nft::Chain> foreign_chains(net::Netlink& socket) {
  std::vector<nft::Chain> chains;
  for (nft::Chain& chain : nft::list_chains(socket)) {
    if (forwards_ip(chain)) chains.push_back(std::move(chain));
  }
  return chains;
}

/// What becomes of a packet in a chain that only a jump leads to.
enum class Fate { kComesBack, kIsJudged, kIsRefused };

/// kIsJudged: refused in the end, unless a rule before decides otherwise; not if one names the
/// links.
Fate fate_in(net::Netlink& socket, const nft::Table& table, const std::string& chain,
             const std::string& links) {
  bool is_judged = false;
  for (const nft::RuleId& rule : nft::list_rules(socket, {table, chain})) {
    if (std::count(rule.compared.begin(), rule.compared.end(), links) != 0) break;
    Fate fate = Fate::kComesBack;
    if (rule.effect == nft::Effect::kRefusesAll) fate = Fate::kIsRefused;
    if (rule.effect == nft::Effect::kJumps) fate = fate_in(socket, table, rule.target, links);
    if (fate != Fate::kComesBack) return is_judged ? Fate::kIsJudged : fate;
    is_judged = is_judged || rule.effect != nft::Effect::kGoesOn;
  }
  return Fate::kComesBack;
}

/// A jump to a chain that refuses all is a refusal by itself.
std::vector<nft::RuleId> rules_in(net::Netlink& socket, const nft::Chain& chain,
                                  const ForeignAccept& wanted) {
  std::vector<nft::RuleId> rules = nft::list_rules(socket, chain, rules_of(wanted));
  for (nft::RuleId& rule : rules) {
    if (rule.effect == nft::Effect::kJumps &&
        fate_in(socket, chain.table, rule.target, wanted.links) == Fate::kIsRefused)
      rule.effect = nft::Effect::kRefusesAll;
  }
  return rules;
}

Passes find_passes(net::Netlink& socket, const nft::Chain& chain, const ForeignAccept& wanted) {
  return passes_in(rules_in(socket, chain, wanted), wanted.network);
}

}  // namespace

Passes passes_in(const std::vector<nft::RuleId>& rules, const std::string& network) {
  Passes found;
  std::set<std::size_t> known;
  bool are_in_place = true;
  for (const nft::RuleId& rule : rules) {
    const bool are_met = !found.handles.empty();
    if (rule.comment == tag_of(network)) {
      // A refusal that somebody put before rules of ours is meant.
      if (!are_met) found.before.reset();
      are_in_place = are_in_place && !found.before;
      found.handles.push_back(rule.handle);
      if (rule.known) known.insert(*rule.known);
    } else if (found.before) {
      continue;  // no packet comes here
    } else if (rule.effect == nft::Effect::kRefusesAll) {
      found.before = rule.handle;
    } else if (rule.effect != nft::Effect::kPasses && rule.effect != nft::Effect::kGoesOn) {
      are_in_place = are_in_place && !are_met;
    }
  }
  found.are_whole = are_in_place && found.handles.size() == kRules && known.size() == kRules;
  return found;
}

bool forwards_ip(const nft::Chain& chain) {
  return chain.table.family != nft::Family::kBridge && chain.hook == nft::Hook::kForward;
}

std::string tag_of(const std::string& network) { return "azure-vnet forwardAccept " + network; }

std::vector<nft::Rule> rules_of(const ForeignAccept& wanted) {
  if (wanted.is_prefix)
    return {nft::Rule().iifname_prefix(wanted.links).accept(),
            nft::Rule().out_interfaces(wanted.links).accept()};
  return {nft::Rule().in_interface(wanted.links).accept(),
          nft::Rule().out_interface(wanted.links).accept()};
}

void ensure(net::Netlink& socket, const ForeignAccept& wanted) {
  for (const nft::Chain& chain : foreign_chains(socket)) {
    const Passes present = find_passes(socket, chain, wanted);
    if (present.are_whole) continue;
    nft::Batch batch(chain.table);
    for (const std::uint64_t handle : present.handles) batch.delete_rule(chain.name, handle);
    for (const nft::Rule& rule : rules_of(wanted))
      batch.insert_rule(chain.name, rule, tag_of(wanted.network), present.before);
    batch.commit(socket, "let forwarded packets of containers pass " + chain.name);
  }
}

bool is_ensured(net::Netlink& socket, const ForeignAccept& wanted) {
  const auto chains = foreign_chains(socket);
  return std::all_of(chains.begin(), chains.end(), [&](const nft::Chain& chain) {
    return find_passes(socket, chain, wanted).are_whole;
  });
}

void remove(net::Netlink& socket, const ForeignAccept& known) {
  for (const nft::Chain& chain : foreign_chains(socket)) {
    nft::Batch batch(chain.table);
    const Passes present = passes_in(nft::list_rules(socket, chain), known.network);
    for (const std::uint64_t handle : present.handles) batch.delete_rule(chain.name, handle);
    if (!present.handles.empty())
      batch.commit(socket, "remove what let containers pass " + chain.name);
  }
}

std::vector<std::string> refusals(net::Netlink& socket, const std::string& links) {
  std::vector<std::string> found;
  for (const nft::Chain& chain : foreign_chains(socket)) {
    for (const nft::RuleId& rule : nft::list_rules(socket, chain)) {
      if (rule.effect == nft::Effect::kRefusesAll) break;
      if (rule.effect == nft::Effect::kJumps &&
          fate_in(socket, chain.table, rule.target, links) == Fate::kIsJudged)
        found.push_back("chain " + to_string(chain.table) + " " + rule.target);
    }
  }
  return found;
}

}  // namespace azcni::network::forward_accept

namespace azcni::network {

std::string to_string(const ForeignAccept& accept) {
  const std::string links = "\"" + accept.links + (accept.is_prefix ? "*" : "") + "\"";
  return "nft add rule FORWARD iifname " + links + " accept, and oifname " + links +
         " accept  # in each forward chain of others, before what refuses all the rest";
}

}  // namespace azcni::network
