#include "forward_accept.h"

#include <algorithm>
#include <string>
#include <vector>

#include "naming.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/rule.h"
#include "xtables.h"

namespace azcni::network::forward_accept {
namespace {

std::string tag_of(const std::string& network) { return "azure-vnet forwardAccept " + network; }

std::vector<nft::Chain> foreign_chains(net::Netlink& socket) {
  std::vector<nft::Chain> chains;
  for (nft::Chain& chain : nft::list_chains(socket)) {
    const bool is_ip = chain.table.family != nft::Family::kBridge;
    if (is_ip && chain.hook == nft::Hook::kForward) chains.push_back(std::move(chain));
  }
  return chains;
}

std::vector<std::uint64_t> tagged(net::Netlink& socket, const nft::Chain& chain,
                                  const std::string& network) {
  std::vector<std::uint64_t> handles;
  for (const nft::RuleId& rule : nft::list_rules(socket, chain)) {
    if (rule.comment == tag_of(network)) handles.push_back(rule.handle);
  }
  return handles;
}

std::vector<nft::Rule> rules_of(const NetworkSpec& network) {
  // iifname "azv*" accept comment "azure-vnet forwardAccept azure"
  // oifname "azv*" accept comment "azure-vnet forwardAccept azure"
  if (network.mode == Mode::kTransparent)
    return {nft::Rule().iifname_prefix(kLinkPrefix).accept(),
            nft::Rule().out_interfaces(kLinkPrefix).accept()};
  // iifname "azure2" accept comment "azure-vnet forwardAccept azure"
  // oifname "azure2" accept comment "azure-vnet forwardAccept azure"
  return {nft::Rule().in_interface(network.bridge.name).accept(),
            nft::Rule().out_interface(network.bridge.name).accept()};
}

xtables::Links links_of(const NetworkSpec& network) {
  if (network.mode == Mode::kTransparent) return {kLinkPrefix, true};
  return {network.bridge.name, false};
}

}  // namespace

void ensure(net::Netlink& socket, const NetworkSpec& network) {
  xtables::accept_forwarded(links_of(network));
  const std::vector<nft::Rule> rules = rules_of(network);
  for (const nft::Chain& chain : foreign_chains(socket)) {
    const auto present = tagged(socket, chain, network.name);
    if (present.size() == rules.size()) continue;
    nft::Batch batch(chain.table);
    for (const std::uint64_t handle : present) batch.delete_rule(chain.name, handle);
    for (const nft::Rule& rule : rules) batch.insert_rule(chain.name, rule, tag_of(network.name));
    batch.commit(socket, "let forwarded packets of containers pass " + chain.name);
  }
}

bool is_ensured(net::Netlink& socket, const NetworkSpec& network) {
  const auto chains = foreign_chains(socket);
  const std::size_t count = rules_of(network).size();
  return xtables::are_accepted(links_of(network)) &&
         std::all_of(chains.begin(), chains.end(), [&](const nft::Chain& chain) {
           return tagged(socket, chain, network.name).size() == count;
         });
}

void remove(net::Netlink& socket, const NetworkSpec& network) {
  xtables::forget_accepted(links_of(network));
  for (const nft::Chain& chain : foreign_chains(socket)) {
    nft::Batch batch(chain.table);
    const auto present = tagged(socket, chain, network.name);
    for (const std::uint64_t handle : present) batch.delete_rule(chain.name, handle);
    if (!present.empty()) batch.commit(socket, "remove what let containers pass " + chain.name);
  }
}

}  // namespace azcni::network::forward_accept
