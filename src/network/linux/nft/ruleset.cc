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
  for (const Entry& each : list_elements(netlink, table, set.name)) found.push_back(each.key);
  std::sort(found.begin(), found.end());
  return found == keys_of(set, prefixes);
}

bool has_contents_of(const Ruleset& ruleset, const Set& set) {
  return std::any_of(ruleset.contents.begin(), ruleset.contents.end(),
                     [&](const auto& each) { return each.first == set; });
}

std::string text_of(const Types& types) {
  std::string text;
  for (const Type type : types) text += (text.empty() ? "" : " . ") + to_string(type);
  return text;
}

std::string text_of(Family family, const BaseChain& chain) {
  return "type " + std::string(chain.type == ChainType::kNat ? "nat" : "filter") + " hook " +
         to_string(family, chain.hook) + " priority " + std::to_string(chain.priority) +
         "; policy accept;";
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

std::string text_of(const Ruleset& ruleset, const std::string& chain, const std::string& head) {
  std::string text = "  chain " + chain + " {\n" + head;
  for (const auto& [of, rule] : ruleset.rules) {
    if (of == chain) text += "    " + rule.text() + "\n";
  }
  return text + "  }\n";
}

}  // namespace

std::string to_string(const Ruleset& ruleset) {
  std::string text = "table " + to_string(ruleset.table) + " {\n";
  for (const std::string& each : ruleset.counters) text += "  counter " + each + " { }\n";
  for (const Map& map : ruleset.maps)
    text +=
        "  map " + map.name + " { type " + text_of(map.key) + " : " + text_of(map.value) + "; }\n";
  for (const Set& set : ruleset.sets)
    text += "  set " + set.name + " { type " + text_of(set.key) +
            (set.intervals ? "; flags interval;" : ";") + text_of(ruleset, set) + " }\n";
  for (const std::string& name : ruleset.inner_chains) text += text_of(ruleset, name, "");
  for (const BaseChain& chain : ruleset.chains)
    text += text_of(ruleset, chain.name, "    " + text_of(ruleset.table.family, chain) + "\n");
  return text + "}";
}

void append(Batch& batch, const Ruleset& ruleset,
            const std::map<std::string, std::uint64_t>& counted) {
  batch.add_table().delete_table().add_table();
  for (const Set& set : ruleset.sets) batch.add_set(set);
  for (const Map& map : ruleset.maps) batch.add_map(map);
  for (const std::string& each : ruleset.counters) {
    const auto packets = counted.find(each);
    batch.add_counter(each, packets == counted.end() ? 0 : packets->second);
  }
  for (const std::string& each : ruleset.inner_chains) batch.add_chain(each);
  for (const BaseChain& chain : ruleset.chains)
    batch.add_chain(chain.name, chain.hook, chain.priority, chain.type);
  for (const auto& [set, prefixes] : ruleset.contents) {
    if (set.intervals) {
      batch.add_prefixes(set.name, prefixes);
    } else {
      for (const net::Prefix& each : prefixes) batch.add_element(set.name, bytes_of(each.address));
    }
  }
  for (const auto& [chain, rule] : ruleset.rules) batch.add_rule(chain, rule);
}

void append_unless_there(net::Netlink& netlink, Transaction& transaction, const Ruleset& ruleset) {
  if (is_there(netlink, ruleset)) return;
  Batch& batch = transaction.of(ruleset.table);
  append(batch, ruleset, read_counters(netlink, ruleset.table));
  // A former version's set may be a map by now, or the other way round.
  const auto keep = [&](const std::string& set, const Types& key, const Types& value) {
    for (const Entry& each : list_elements(netlink, ruleset.table, set)) {
      if (each.key.size() != length_of(key)) continue;
      if (value.empty()) batch.add_element(set, each.key, {}, each.comment);
      if (!value.empty() && each.value.size() == length_of(value))
        batch.add_element(set, each.key, each.value, each.comment);
    }
  };
  for (const Map& each : ruleset.maps) keep(each.name, each.key, each.value);
  for (const Set& each : ruleset.sets) {
    if (!has_contents_of(ruleset, each)) keep(each.name, each.key, {});
  }
}

bool is_there(net::Netlink& netlink, const Ruleset& ruleset) {
  const std::size_t size = ruleset.chains.size() + ruleset.inner_chains.size() +
                           ruleset.sets.size() + ruleset.maps.size() + ruleset.counters.size();
  return count_in_force(netlink, ruleset.table) == size &&
         std::all_of(ruleset.chains.begin(), ruleset.chains.end(),
                     [&](const BaseChain& each) {
                       return find_chain(netlink, ruleset.table, each.name) == each;
                     }) &&
         has_rules(netlink, ruleset.table, ruleset.rules) &&
         std::all_of(ruleset.contents.begin(), ruleset.contents.end(), [&](const auto& each) {
           return has_contents(netlink, ruleset.table, each.first, each.second);
         });
}

}  // namespace azcni::network::nft
