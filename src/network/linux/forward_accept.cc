#include "forward_accept.h"

#include <algorithm>
#include <set>

#include "nft/batch.h"

namespace azcni::network::forward_accept {
namespace {

std::vector<nft::Chain> foreign_chains(net::Netlink& socket) {
  std::vector<nft::Chain> chains;
  for (nft::Chain& chain : nft::list_chains(socket)) {
    if (forwards_ip(chain)) chains.push_back(std::move(chain));
  }
  return chains;
}

/// Of this network's, in a chain.
struct Passes {
  std::vector<std::uint64_t> handles;
  bool are_whole = false;  ///< each rule once, as it was made
};

Passes passes_in(net::Netlink& socket, const nft::Chain& chain, const ForeignAccept& wanted) {
  const std::vector<nft::Rule> rules = rules_of(wanted);
  Passes found;
  std::set<std::size_t> known;
  for (const nft::RuleId& rule : nft::list_rules(socket, chain, rules)) {
    if (rule.comment != tag_of(wanted.network)) continue;
    found.handles.push_back(rule.handle);
    if (rule.known) known.insert(*rule.known);
  }
  found.are_whole = found.handles.size() == rules.size() && known.size() == rules.size();
  return found;
}

}  // namespace

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
    const Passes present = passes_in(socket, chain, wanted);
    if (present.are_whole) continue;
    nft::Batch batch(chain.table);
    for (const std::uint64_t handle : present.handles) batch.delete_rule(chain.name, handle);
    for (const nft::Rule& rule : rules_of(wanted))
      batch.insert_rule(chain.name, rule, tag_of(wanted.network));
    batch.commit(socket, "let forwarded packets of containers pass " + chain.name);
  }
}

bool is_ensured(net::Netlink& socket, const ForeignAccept& wanted) {
  const auto chains = foreign_chains(socket);
  return std::all_of(chains.begin(), chains.end(), [&](const nft::Chain& chain) {
    return passes_in(socket, chain, wanted).are_whole;
  });
}

void remove(net::Netlink& socket, const ForeignAccept& wanted) {
  for (const nft::Chain& chain : foreign_chains(socket)) {
    nft::Batch batch(chain.table);
    const Passes present = passes_in(socket, chain, wanted);
    for (const std::uint64_t handle : present.handles) batch.delete_rule(chain.name, handle);
    if (!present.handles.empty())
      batch.commit(socket, "remove what let containers pass " + chain.name);
  }
}

}  // namespace azcni::network::forward_accept

namespace azcni::network {

std::string to_string(const ForeignAccept& accept) {
  const std::string links = "\"" + accept.links + (accept.is_prefix ? "*" : "") + "\"";
  return "nft insert rule FORWARD iifname " + links + " accept, and oifname " + links +
         " accept  # in each forward chain of others";
}

}  // namespace azcni::network
