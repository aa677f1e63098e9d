#include "ruleset.h"

#include <algorithm>

#include "query.h"

namespace azcni::network::nft {
namespace {

std::vector<Bytes> keys_of(const Set& set, const std::vector<net::Prefix>& prefixes) {
  std::vector<Bytes> keys;
  if (set.intervals) {
    for (const Bound& each : bounds_of(prefixes)) keys.push_back(each.key);
  } else {
    for (const net::Prefix& each : prefixes) keys.push_back(bytes_of(each.address));
  }
  std::sort(keys.begin(), keys.end());
  if (!set.intervals) keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool has_contents(net::Netlink& netlink, const Table& table, const Set& set,
                  const std::vector<net::Prefix>& prefixes) {
  std::vector<Bytes> found;
  for (auto& [key, value] : list_elements(netlink, table, set.name)) found.push_back(key);
  std::sort(found.begin(), found.end());
  return found == keys_of(set, prefixes);
}

std::string text_of(const Types& types) {
  std::string text;
  for (const Type type : types) text += (text.empty() ? "" : " . ") + to_string(type);
  return text;
}

std::string text_of(const BaseChain& chain) {
  return "type " + std::string(chain.type == ChainType::kNat ? "nat" : "filter") + " hook " +
         to_string(chain.hook) + " priority " + std::to_string(chain.priority) + "; policy accept;";
}

std::string text_of(const Ruleset& ruleset, const Set& wanted) {
  std::string text;
  for (const auto& [set, prefixes] : ruleset.contents) {
    if (set.name != wanted.name) continue;
    for (const net::Prefix& each : prefixes)
      text += (text.empty() ? "" : ", ") +
              (set.intervals ? net::to_string(each.network()) : net::to_string(each.address));
  }
  return text.empty() ? "" : " elements = { " + text + " }";
}

}  // namespace

std::string to_string(const Ruleset& ruleset) {
  std::string text = "table " + to_string(ruleset.table) + " {\n";
  for (const Map& map : ruleset.maps)
    text +=
        "  map " + map.name + " { type " + text_of(map.key) + " : " + text_of(map.value) + "; }\n";
  for (const Set& set : ruleset.sets)
    text += "  set " + set.name + " { type " + text_of(set.key) +
            (set.intervals ? "; flags interval;" : ";") + text_of(ruleset, set) + " }\n";
  for (const BaseChain& chain : ruleset.chains) {
    text += "  chain " + chain.name + " {\n    " + text_of(chain) + "\n";
    for (const auto& [of, rule] : ruleset.rules) {
      if (of == chain.name) text += "    " + rule.text() + "\n";
    }
    text += "  }\n";
  }
  return text + "}";
}

void append(Batch& batch, const Ruleset& ruleset) {
  batch.add_table();
  for (const Set& set : ruleset.sets) batch.add_set(set);
  for (const Map& map : ruleset.maps) batch.add_map(map);
  for (const BaseChain& chain : ruleset.chains)
    batch.add_chain(chain.name, chain.hook, chain.priority, chain.type);
  batch.flush_rules();
  for (const auto& [set, prefixes] : ruleset.contents) {
    batch.flush_set(set.name);
    if (set.intervals) {
      batch.add_prefixes(set.name, prefixes);
    } else {
      for (const net::Prefix& each : prefixes) batch.add_element(set.name, bytes_of(each.address));
    }
  }
  for (const auto& [chain, rule] : ruleset.rules) batch.add_rule(chain, rule);
}

bool is_there(net::Netlink& netlink, const Ruleset& ruleset) {
  return has_rules(netlink, ruleset.table, ruleset.rules) &&
         std::all_of(ruleset.contents.begin(), ruleset.contents.end(), [&](const auto& each) {
           return has_contents(netlink, ruleset.table, each.first, each.second);
         });
}

}  // namespace azcni::network::nft
