#include "query.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <map>

#include <string_view>

#include "azcni/net/attributes.h"

namespace azcni::network::nft {
namespace {

using net::Attributes;

Bytes data_value(const Attributes& data) {
  const auto value = data.bytes(NFTA_DATA_VALUE).value_or(Attributes::Bytes{});
  return {value.begin(), value.end()};
}

net::NetlinkMessage get_message(int type, Family family) {
  return {kSubsystem | type, 0, nfgenmsg{static_cast<std::uint8_t>(family), NFNETLINK_V0, 0}};
}

/// None if there is no such chain.
template <typename Read>
void get_chain(net::Netlink& netlink, const Table& table, const std::string& name,
               const Read& read) {
  net::NetlinkMessage message = get_message(NFT_MSG_GETCHAIN, table.family);
  message.put(NFTA_CHAIN_TABLE, std::string_view(table.name))
      .put(NFTA_CHAIN_NAME, std::string_view(name));
  netlink.get(message, "look up chain " + name + " of table " + to_string(table), read);
}

net::NetlinkMessage elements_message(const Table& table, const std::string& set) {
  net::NetlinkMessage message = get_message(NFT_MSG_GETSETELEM, table.family);
  message.put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table.name))
      .put(NFTA_SET_ELEM_LIST_SET, std::string_view(set));
  return message;
}

/// User data are parts of a type, a length, and a text that ends with zero: libnftnl's.
std::string comment_in(Attributes::Bytes data) {
  while (data.size() > 2 && data.size() >= 2U + data[1]) {
    if (data[0] == kCommentType && data[1] > 0)
      return {data.begin() + 2, data.begin() + 1 + data[1]};
    data = data.subspan(2U + data[1]);
  }
  return {};
}

void read_elements(nlmsghdr* reply, std::vector<Entry>& elements) {
  Attributes(reply, sizeof(nfgenmsg))
      .for_each_nested(NFTA_SET_ELEM_LIST_ELEMENTS, [&](const Attributes& element) {
        elements.push_back(
            {data_value(element.nested(NFTA_SET_ELEM_KEY)),
             data_value(element.nested(NFTA_SET_ELEM_DATA)),
             comment_in(element.bytes(NFTA_SET_ELEM_USERDATA).value_or(Attributes::Bytes{}))});
      });
}

/// The expression has all that is wanted of it, byte by byte.
bool is_same(const Attributes& found, const Expression& wanted) {
  if (found.text(NFTA_EXPR_NAME) != wanted.name) return false;
  const Attributes parts = found.nested(NFTA_EXPR_DATA);
  // A name that we pad to its full length has only its NUL from iptables.
  const auto equal = [](const auto& bytes, const Bytes& value) {
    return bytes && !bytes->empty() && bytes->size() <= value.size() &&
           std::equal(bytes->begin(), bytes->end(), value.begin()) &&
           (bytes->size() == value.size() || bytes->back() == 0);
  };
  return std::all_of(
             wanted.attributes.begin(), wanted.attributes.end(),
             [&](const auto& each) { return equal(parts.bytes(each.first), each.second); }) &&
         std::all_of(wanted.data.begin(), wanted.data.end(), [&](const auto& each) {
           const Attributes data = parts.nested(each.first);
           if (wanted.is_verdict &&
               data.nested(NFTA_DATA_VERDICT).text(NFTA_VERDICT_CHAIN).value_or("") != wanted.chain)
             return false;
           return equal(wanted.is_verdict ? data.nested(NFTA_DATA_VERDICT).bytes(NFTA_VERDICT_CODE)
                                          : data.bytes(NFTA_DATA_VALUE),
                        each.second);
         });
}

/// iptables' match "comment": its text.
std::optional<std::string> comment_of(const Attributes& expression) {
  const Attributes parts = expression.nested(NFTA_EXPR_DATA);
  if (expression.text(NFTA_EXPR_NAME) != "match" || parts.text(NFTA_MATCH_NAME) != "comment")
    return std::nullopt;
  return parts.text(NFTA_MATCH_INFO);
}

/// True if it does nothing to a packet: iptables gives each rule a counter.
bool is_remark(const Attributes& expression) {
  return expression.text(NFTA_EXPR_NAME) == "counter" || comment_of(expression);
}

bool is_made_of(const Attributes& rule, const Rule& wanted) {
  const std::vector<Expression>& expressions = wanted.expressions();
  std::size_t count = 0;
  bool same = true;
  rule.for_each_nested(NFTA_RULE_EXPRESSIONS, [&](const Attributes& each) {
    if (is_remark(each)) return;
    same = same && count < expressions.size() && is_same(each, expressions[count]);
    ++count;
  });
  return same && count == expressions.size();
}

/// What an expression does to all packets that come to it; kDecides, too, if it is a condition.
Effect effect_of(const Attributes& expression, std::string& target) {
  const std::string name = expression.text(NFTA_EXPR_NAME).value_or("");
  const Attributes parts = expression.nested(NFTA_EXPR_DATA);
  if (is_remark(expression) || name == "log") return Effect::kGoesOn;
  if (name == "reject") return Effect::kRefusesAll;
  if (name == "target") {
    const std::string kind = parts.text(NFTA_TARGET_NAME).value_or("");
    if (kind == "REJECT") return Effect::kRefusesAll;
    return kind == "LOG" || kind == "NFLOG" || kind == "MARK" ? Effect::kGoesOn : Effect::kDecides;
  }
  if (name != "immediate") return Effect::kDecides;
  const Attributes verdict = parts.nested(NFTA_IMMEDIATE_DATA).nested(NFTA_DATA_VERDICT);
  switch (static_cast<int>(verdict.be32(NFTA_VERDICT_CODE).value_or(NFT_RETURN))) {
    case NF_ACCEPT: return Effect::kPasses;
    case NF_DROP: return Effect::kRefusesAll;
    case NFT_JUMP:
    case NFT_GOTO: target = verdict.text(NFTA_VERDICT_CHAIN).value_or(""); return Effect::kJumps;
    default: return Effect::kDecides;
  }
}

/// A rule ends with what it does, to all packets if there is no condition before that.
void read_effect(const Attributes& rule, RuleId& id) {
  bool is_for_all = true;
  id.effect = Effect::kGoesOn;
  rule.for_each_nested(NFTA_RULE_EXPRESSIONS, [&](const Attributes& each) {
    const Attributes value = each.nested(NFTA_EXPR_DATA).nested(NFTA_CMP_DATA);
    if (each.text(NFTA_EXPR_NAME) == "cmp")
      id.compared.push_back(value.text(NFTA_DATA_VALUE).value_or(""));
    id.effect = effect_of(each, id.target);
    const bool needs_all = id.effect == Effect::kRefusesAll || id.effect == Effect::kJumps;
    if (needs_all && !is_for_all) id.effect = Effect::kDecides;
    if (id.effect == Effect::kDecides) is_for_all = false;
  });
}

}  // namespace

std::vector<Table> list_tables(net::Netlink& netlink) {
  std::vector<Table> tables;
  net::NetlinkMessage message(kSubsystem | NFT_MSG_GETTABLE, 0,
                              nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
  netlink.dump(
      message, "list nf_tables", [&] { tables.clear(); },
      [&](nlmsghdr* answer) {
        const auto* header = static_cast<nfgenmsg*>(nlmsg_data(answer));
        const auto name = Attributes(answer, sizeof *header).text(NFTA_TABLE_NAME);
        if (name) tables.push_back({static_cast<Family>(header->nfgen_family), *name});
      },
      net::Netlink::IfAbsent::kNone);
  return tables;
}

std::map<std::string, std::uint64_t> read_counters(net::Netlink& netlink, const Table& table) {
  std::map<std::string, std::uint64_t> packets;
  net::NetlinkMessage message = get_message(NFT_MSG_GETOBJ, table.family);
  message.put(NFTA_OBJ_TABLE, std::string_view(table.name));
  message.put_u32(NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
  const auto read = [&](nlmsghdr* reply) {
    const Attributes object(reply, sizeof(nfgenmsg));
    const auto count = object.nested(NFTA_OBJ_DATA).be64(NFTA_COUNTER_PACKETS);
    if (object.text(NFTA_OBJ_TABLE) == table.name && count)
      packets[object.text(NFTA_OBJ_NAME).value_or("")] = *count;
  };
  netlink.dump(
      message, "read the counters of table " + to_string(table), [&] { packets.clear(); }, read,
      net::Netlink::IfAbsent::kNone);
  return packets;
}

std::vector<Chain> list_chains(net::Netlink& netlink) {
  std::vector<Chain> chains;
  net::NetlinkMessage message(kSubsystem | NFT_MSG_GETCHAIN, 0,
                              nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
  const auto read = [&](nlmsghdr* answer) {
    const auto* header = static_cast<nfgenmsg*>(nlmsg_data(answer));
    const Attributes chain(answer, sizeof *header);
    const auto hook = chain.nested(NFTA_CHAIN_HOOK).be32(NFTA_HOOK_HOOKNUM);
    if (!hook) return;
    chains.push_back(
        {{static_cast<Family>(header->nfgen_family), chain.text(NFTA_CHAIN_TABLE).value_or("")},
         chain.text(NFTA_CHAIN_NAME).value_or(""),
         static_cast<Hook>(*hook),
         chain.be32(NFTA_CHAIN_POLICY) == NF_DROP});
  };
  netlink.dump(
      message, "list the chains of nf_tables", [&] { chains.clear(); }, read,
      net::Netlink::IfAbsent::kNone);
  return chains;
}

std::vector<RuleId> list_rules(net::Netlink& netlink, const Chain& chain,
                               const std::vector<Rule>& known) {
  std::vector<RuleId> rules;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE, chain.table.family);
  message.put(NFTA_RULE_TABLE, std::string_view(chain.table.name))
      .put(NFTA_RULE_CHAIN, std::string_view(chain.name));
  const auto read = [&](nlmsghdr* answer) {
    const Attributes parts(answer, sizeof(nfgenmsg));
    const auto handle = parts.be64(NFTA_RULE_HANDLE);
    if (!handle || parts.text(NFTA_RULE_CHAIN) != chain.name) return;
    RuleId rule{*handle, {}};
    read_effect(parts, rule);
    for (std::size_t i = 0; i < known.size() && !rule.known; ++i) {
      if (is_made_of(parts, known[i])) rule.known = i;
    }
    rule.comment = comment_in(parts.bytes(NFTA_RULE_USERDATA).value_or(Attributes::Bytes{}));
    parts.for_each_nested(NFTA_RULE_EXPRESSIONS, [&](const Attributes& each) {
      if (const auto comment = comment_of(each)) rule.comment = *comment;
    });
    rules.push_back(rule);
  };
  netlink.dump(
      message, "list the rules of " + to_string(chain.table) + " " + chain.name,
      [&] { rules.clear(); }, read, net::Netlink::IfAbsent::kNone);
  return rules;
}

bool masquerades(net::Netlink& netlink, const Table& table) {
  bool found = false;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE, table.family);
  message.put(NFTA_RULE_TABLE, std::string_view(table.name));
  const auto read = [&](nlmsghdr* answer) {
    const Attributes rule(answer, sizeof(nfgenmsg));
    const auto chain = rule.text(NFTA_RULE_CHAIN);
    const auto expressions = rule.bytes(NFTA_RULE_EXPRESSIONS);
    if (rule.text(NFTA_RULE_TABLE) != table.name || !chain || !expressions) return;
    const std::string raw(expressions->begin(), expressions->end());
    // Our own expression, and the name of iptables' target.
    const bool matches = raw.find(std::string_view("masq\0", 5)) != std::string::npos ||
                         raw.find("MASQUERADE") != std::string::npos;
    found = found || (matches && !chain->starts_with("KUBE-"));
  };
  netlink.dump(
      message, "list the rules of table " + to_string(table), [&] { found = false; }, read,
      net::Netlink::IfAbsent::kNone);
  return found;
}

std::optional<std::size_t> count_in_force(net::Netlink& netlink, const Table& table) {
  net::NetlinkMessage message = get_message(NFT_MSG_GETTABLE, table.family);
  message.put(NFTA_TABLE_NAME, std::string_view(table.name));
  std::optional<std::size_t> count;
  netlink.get(message, "look up table " + to_string(table), [&](nlmsghdr* reply) {
    const Attributes found(reply, sizeof(nfgenmsg));
    if (found.be32(NFTA_TABLE_FLAGS).value_or(0) == 0) count = found.be32(NFTA_TABLE_USE);
  });
  return count;
}

bool has_table(net::Netlink& netlink, const Table& table) {
  const std::vector<Table> tables = list_tables(netlink);
  return std::find(tables.begin(), tables.end(), table) != tables.end();
}

bool has_chain(net::Netlink& netlink, const Table& table, const std::string& name) {
  bool found = false;
  get_chain(netlink, table, name, [&](nlmsghdr*) { found = true; });
  return found;
}

std::optional<BaseChain> find_chain(net::Netlink& netlink, const Table& table,
                                    const std::string& name) {
  std::optional<BaseChain> chain;
  const auto read = [&](nlmsghdr* reply) {
    const Attributes found(reply, sizeof(nfgenmsg));
    const Attributes hook = found.nested(NFTA_CHAIN_HOOK);
    const auto number = hook.be32(NFTA_HOOK_HOOKNUM);
    const std::string type = found.text(NFTA_CHAIN_TYPE).value_or("");
    if (!number || (type != "nat" && type != "filter") ||
        found.be32(NFTA_CHAIN_POLICY) != NF_ACCEPT)
      return;
    chain = {name, static_cast<Hook>(*number),
             static_cast<std::int32_t>(hook.be32(NFTA_HOOK_PRIORITY).value_or(0)),
             type == "nat" ? ChainType::kNat : ChainType::kFilter};
  };
  get_chain(netlink, table, name, read);
  return chain;
}

bool has_rules(net::Netlink& netlink, const Table& table,
               const std::vector<std::pair<std::string, Rule>>& rules) {
  using Rules = std::map<std::string, std::vector<const Rule*>>;
  Rules wanted;
  for (const auto& [chain, rule] : rules) wanted[chain].push_back(&rule);
  std::map<std::string, std::size_t> counts;
  bool same = true;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE, table.family);
  message.put(NFTA_RULE_TABLE, std::string_view(table.name));
  const auto read = [&](nlmsghdr* reply) {
    const Attributes found(reply, sizeof(nfgenmsg));
    if (found.text(NFTA_RULE_TABLE) != table.name) return;
    const auto chain = wanted.find(found.text(NFTA_RULE_CHAIN).value_or(""));
    if (chain == wanted.end()) return;
    const std::size_t at = counts[chain->first]++;
    same = same && at < chain->second.size() && is_made_of(found, *chain->second[at]);
  };
  netlink.dump(
      message, "list the rules of table " + to_string(table),
      [&] {
        counts.clear();
        same = true;
      },
      read, net::Netlink::IfAbsent::kNone);
  return same && std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
           return counts[each.first] == each.second.size();
         });
}

std::optional<Entry> find_element(net::Netlink& netlink, const Table& table, const std::string& set,
                                  const Bytes& key) {
  net::NetlinkMessage message = elements_message(table, set);
  message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    message.nest(NFTA_LIST_ELEM, [&] {
      message.nest(NFTA_SET_ELEM_KEY,
                   [&] { message.put(NFTA_DATA_VALUE, key.data(), key.size()); });
    });
  });
  std::vector<Entry> found;
  netlink.get(message, "look up an element of " + set + " of table " + to_string(table),
              [&](nlmsghdr* reply) { read_elements(reply, found); });
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<Entry> list_elements(net::Netlink& netlink, const Table& table,
                                 const std::string& set) {
  std::vector<Entry> elements;
  net::NetlinkMessage message = elements_message(table, set);
  netlink.dump(
      message, "list " + set + " of table " + to_string(table), [&] { elements.clear(); },
      [&](nlmsghdr* reply) { read_elements(reply, elements); }, net::Netlink::IfAbsent::kNone);
  return elements;
}

}  // namespace azcni::network::nft
