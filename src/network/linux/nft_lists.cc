// What is in nf_tables, as the kernel tells it.

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nftables.h"

namespace azcni::network::nft {
namespace {

constexpr int kSubsystem = NFNL_SUBSYS_NFTABLES << 8;

Bytes data_value(nlattr* attribute) {
  nlattr* parts[NFTA_DATA_MAX + 1];
  nla_parse_nested(parts, NFTA_DATA_MAX, attribute, nullptr);
  if (parts[NFTA_DATA_VALUE] == nullptr) return {};
  const auto* bytes = static_cast<std::uint8_t*>(nla_data(parts[NFTA_DATA_VALUE]));
  return {bytes, bytes + nla_len(parts[NFTA_DATA_VALUE])};
}

net::NetlinkMessage get_message(int type, Family family) {
  return {kSubsystem | type, 0, nfgenmsg{static_cast<std::uint8_t>(family), NFNETLINK_V0, 0}};
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
        const nlattr* name = nlmsg_find_attr(answer, sizeof *header, NFTA_TABLE_NAME);
        if (name != nullptr)
          tables.push_back({static_cast<Family>(header->nfgen_family), nla_get_string(name)});
      },
      net::Netlink::IfAbsent::kNone);
  return tables;
}

std::vector<Chain> list_chains(net::Netlink& netlink) {
  std::vector<Chain> chains;
  net::NetlinkMessage message(kSubsystem | NFT_MSG_GETCHAIN, 0,
                              nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
  const auto read = [&](nlmsghdr* answer) {
    const auto* header = static_cast<nfgenmsg*>(nlmsg_data(answer));
    nlattr* parts[NFTA_CHAIN_MAX + 1];
    nlattr* hook[NFTA_HOOK_MAX + 1];
    nlmsg_parse(answer, sizeof *header, parts, NFTA_CHAIN_MAX, nullptr);
    if (parts[NFTA_CHAIN_HOOK] == nullptr) return;
    nla_parse_nested(hook, NFTA_HOOK_MAX, parts[NFTA_CHAIN_HOOK], nullptr);
    if (hook[NFTA_HOOK_HOOKNUM] == nullptr) return;
    chains.push_back(
        {{static_cast<Family>(header->nfgen_family), nla_get_string(parts[NFTA_CHAIN_TABLE])},
         nla_get_string(parts[NFTA_CHAIN_NAME]),
         static_cast<Hook>(ntohl(nla_get_u32(hook[NFTA_HOOK_HOOKNUM]))),
         parts[NFTA_CHAIN_POLICY] != nullptr &&
             ntohl(nla_get_u32(parts[NFTA_CHAIN_POLICY])) == NF_DROP});
  };
  netlink.dump(
      message, "list the chains of nf_tables", [&] { chains.clear(); }, read,
      net::Netlink::IfAbsent::kNone);
  return chains;
}

std::vector<RuleId> list_rules(net::Netlink& netlink, const Chain& chain) {
  std::vector<RuleId> rules;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE, chain.table.family);
  message.put(NFTA_RULE_TABLE, std::string_view(chain.table.name))
      .put(NFTA_RULE_CHAIN, std::string_view(chain.name));
  const auto read = [&](nlmsghdr* answer) {
    nlattr* parts[NFTA_RULE_MAX + 1];
    nlmsg_parse(answer, sizeof(nfgenmsg), parts, NFTA_RULE_MAX, nullptr);
    if (parts[NFTA_RULE_HANDLE] == nullptr || chain.name != nla_get_string(parts[NFTA_RULE_CHAIN]))
      return;
    RuleId rule{be64toh(nla_get_u64(parts[NFTA_RULE_HANDLE])), {}};
    const nlattr* data = parts[NFTA_RULE_USERDATA];
    const auto* bytes = data == nullptr ? nullptr : static_cast<const char*>(nla_data(data));
    if (bytes != nullptr && nla_len(data) > 3 && bytes[0] == kCommentType)
      rule.comment.assign(bytes + 2, static_cast<std::size_t>(nla_len(data)) - 3);
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
    nlattr* parts[NFTA_RULE_MAX + 1];
    nlmsg_parse(answer, sizeof(nfgenmsg), parts, NFTA_RULE_MAX, nullptr);
    if (parts[NFTA_RULE_TABLE] == nullptr || table.name != nla_get_string(parts[NFTA_RULE_TABLE]))
      return;
    if (parts[NFTA_RULE_CHAIN] == nullptr || parts[NFTA_RULE_EXPRESSIONS] == nullptr) return;
    const std::string_view chain = nla_get_string(parts[NFTA_RULE_CHAIN]);
    const nlattr* expressions = parts[NFTA_RULE_EXPRESSIONS];
    const std::string_view raw(static_cast<const char*>(nla_data(expressions)),
                               static_cast<std::size_t>(nla_len(expressions)));
    // Our own expression, and the name of iptables' target.
    const bool matches = raw.find(std::string_view("masq\0", 5)) != std::string_view::npos ||
                         raw.find("MASQUERADE") != std::string_view::npos;
    found = found || (matches && chain.rfind("KUBE-", 0) != 0);
  };
  netlink.dump(
      message, "list the rules of table " + to_string(table), [&] { found = false; }, read,
      net::Netlink::IfAbsent::kNone);
  return found;
}

std::size_t count_rules(net::Netlink& netlink, const Table& table) {
  std::size_t count = 0;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE, table.family);
  message.put(NFTA_RULE_TABLE, std::string_view(table.name));
  netlink.dump(
      message, "list the rules of table " + to_string(table), [&] { count = 0; },
      [&](nlmsghdr* answer) {
        const nlattr* name = nlmsg_find_attr(answer, sizeof(nfgenmsg), NFTA_RULE_TABLE);
        if (name != nullptr && table.name == nla_get_string(name)) ++count;
      });
  return count;
}

std::vector<std::pair<Bytes, Bytes>> list_elements(net::Netlink& netlink, const Table& table,
                                                   const std::string& set) {
  std::vector<std::pair<Bytes, Bytes>> elements;
  net::NetlinkMessage message = get_message(NFT_MSG_GETSETELEM, table.family);
  message.put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table.name));
  message.put(NFTA_SET_ELEM_LIST_SET, std::string_view(set));
  const auto read = [&](nlmsghdr* answer) {
    const nlattr* list = nlmsg_find_attr(answer, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
    if (list == nullptr) return;
    int rest = nla_len(list);
    for (auto* each = static_cast<nlattr*>(nla_data(list)); nla_ok(each, rest);
         each = nla_next(each, &rest)) {
      nlattr* parts[NFTA_SET_ELEM_MAX + 1];
      nla_parse_nested(parts, NFTA_SET_ELEM_MAX, each, nullptr);
      if (parts[NFTA_SET_ELEM_KEY] == nullptr) continue;
      elements.emplace_back(
          data_value(parts[NFTA_SET_ELEM_KEY]),
          parts[NFTA_SET_ELEM_DATA] == nullptr ? Bytes{} : data_value(parts[NFTA_SET_ELEM_DATA]));
    }
  };
  netlink.dump(
      message, "list " + set + " of table " + to_string(table), [&] { elements.clear(); }, read,
      net::Netlink::IfAbsent::kNone);
  return elements;
}

}  // namespace azcni::network::nft
