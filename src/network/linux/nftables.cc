#include "nftables.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "azcni/base/error.h"
#include "azcni/base/unique_fd.h"

namespace azcni::network::nft {
namespace {

constexpr int kSubsystem = NFNL_SUBSYS_NFTABLES << 8;

nfgenmsg bridge_header() { return {NFPROTO_BRIDGE, NFNETLINK_V0, 0}; }

/// Batches are addressed to the subsystem that they are for.
net::NetlinkMessage batch_mark(int type) {
  return {type, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}};
}

void put_number(net::NetlinkMessage& message, int attribute, std::uint32_t value) {
  message.put_u32(attribute, htonl(value));
}

std::uint32_t length_of(Type type) {
  switch (type) {
    case Type::kIp4: return 4;
    case Type::kIp6: return 16;
    case Type::kMac: return 6;
  }
  return 0;
}

void put_data(net::NetlinkMessage& message, int attribute, const Bytes& value) {
  message.nest(attribute, [&] { message.put(NFTA_DATA_VALUE, value.data(), value.size()); });
}

Bytes data_value(nlattr* attribute) {
  nlattr* parts[NFTA_DATA_MAX + 1];
  nla_parse_nested(parts, NFTA_DATA_MAX, attribute, nullptr);
  if (parts[NFTA_DATA_VALUE] == nullptr) return {};
  const auto* bytes = static_cast<std::uint8_t*>(nla_data(parts[NFTA_DATA_VALUE]));
  return {bytes, bytes + nla_len(parts[NFTA_DATA_VALUE])};
}

net::NetlinkMessage get_message(int type) { return {kSubsystem | type, 0, bridge_header()}; }

}  // namespace

bool is_available() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  return static_cast<bool>(socket);
}

net::Netlink open_socket() {
  if (is_available()) return net::Netlink(NETLINK_NETFILTER);
  throw Error(ErrorCode::kSystem, "open a netfilter socket: this kernel has no nf_tables",
              "load the modules nf_tables and nf_tables_bridge, or use mode transparent");
}

net::NetlinkMessage& Batch::begin(int type, int flags) {
  messages_.emplace_back(kSubsystem | type, flags, bridge_header());
  return messages_.back();
}

Batch& Batch::add_table() {
  begin(NFT_MSG_NEWTABLE, NLM_F_CREATE).put(NFTA_TABLE_NAME, std::string_view(table_));
  return *this;
}

Batch& Batch::delete_table() {
  begin(NFT_MSG_DELTABLE, 0).put(NFTA_TABLE_NAME, std::string_view(table_));
  return *this;
}

Batch& Batch::add_chain(const std::string& name, Hook hook, std::int32_t priority) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.put(NFTA_CHAIN_TABLE, std::string_view(table_))
      .put(NFTA_CHAIN_NAME, std::string_view(name));
  message.nest(NFTA_CHAIN_HOOK, [&] {
    put_number(message, NFTA_HOOK_HOOKNUM, static_cast<std::uint32_t>(hook));
    put_number(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(priority));
  });
  put_number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
  message.put(NFTA_CHAIN_TYPE, std::string_view("filter"));
  return *this;
}

Batch& Batch::add_set(const Set& set) {
  put_set(set.name, set.key, nullptr);
  return *this;
}

Batch& Batch::add_map(const Map& map) {
  put_set(map.name, map.key, &map.value);
  return *this;
}

void Batch::put_set(const std::string& name, Type key, const Type* value) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWSET, NLM_F_CREATE);
  message.put(NFTA_SET_TABLE, std::string_view(table_)).put(NFTA_SET_NAME, std::string_view(name));
  put_number(message, NFTA_SET_ID, ++sets_);
  put_number(message, NFTA_SET_FLAGS, value == nullptr ? 0 : NFT_SET_MAP);
  put_number(message, NFTA_SET_KEY_TYPE, static_cast<std::uint32_t>(key));
  put_number(message, NFTA_SET_KEY_LEN, length_of(key));
  if (value == nullptr) return;
  put_number(message, NFTA_SET_DATA_TYPE, static_cast<std::uint32_t>(*value));
  put_number(message, NFTA_SET_DATA_LEN, length_of(*value));
}

Batch& Batch::add_rule(const std::string& chain, const Rule& rule) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  message.put(NFTA_RULE_TABLE, std::string_view(table_))
      .put(NFTA_RULE_CHAIN, std::string_view(chain));
  const auto put_expression = [&](const Rule::Expression& expression) {
    message.put(NFTA_EXPR_NAME, std::string_view(expression.name));
    message.nest(NFTA_EXPR_DATA, [&] {
      for (const auto& [attribute, value] : expression.attributes) {
        message.put(attribute, value.data(), value.size());
      }
      for (const auto& each : expression.data) {
        if (!expression.is_verdict) {
          put_data(message, each.first, each.second);
          continue;
        }
        message.nest(each.first, [&] {
          message.nest(NFTA_DATA_VERDICT, [&] {
            message.put(NFTA_VERDICT_CODE, each.second.data(), each.second.size());
          });
        });
      }
    });
  };
  message.nest(NFTA_RULE_EXPRESSIONS, [&] {
    for (const Rule::Expression& expression : rule.expressions_) {
      message.nest(NFTA_LIST_ELEM, [&] { put_expression(expression); });
    }
  });
  return *this;
}

Batch& Batch::flush_rules() {
  begin(NFT_MSG_DELRULE, 0).put(NFTA_RULE_TABLE, std::string_view(table_));
  return *this;
}

Batch& Batch::flush_set(const std::string& set) {
  begin(NFT_MSG_DELSETELEM, 0)
      .put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table_))
      .put(NFTA_SET_ELEM_LIST_SET, std::string_view(set));
  return *this;
}

void Batch::put_element(int type, int flags, const std::string& set, const Bytes& key,
                        const Bytes& value) {
  net::NetlinkMessage& message = begin(type, flags);
  message.put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table_))
      .put(NFTA_SET_ELEM_LIST_SET, std::string_view(set));
  message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    message.nest(NFTA_LIST_ELEM, [&] {
      put_data(message, NFTA_SET_ELEM_KEY, key);
      if (!value.empty()) put_data(message, NFTA_SET_ELEM_DATA, value);
    });
  });
}

Batch& Batch::add_element(const std::string& set, const Bytes& key, const Bytes& value) {
  put_element(NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, key, value);
  return *this;
}

Batch& Batch::delete_element(const std::string& set, const Bytes& key) {
  put_element(NFT_MSG_DELSETELEM, 0, set, key, {});
  return *this;
}

void Batch::commit(net::Netlink& netlink, const std::string& what) {
  std::vector<net::NetlinkMessage> all;
  all.push_back(batch_mark(NFNL_MSG_BATCH_BEGIN));
  for (net::NetlinkMessage& message : messages_) all.push_back(std::move(message));
  all.push_back(batch_mark(NFNL_MSG_BATCH_END));
  messages_.clear();
  netlink.transaction(all, "nf_tables, table bridge " + table_ + ": " + what);
}

std::vector<std::string> list_tables(net::Netlink& netlink) {
  std::vector<std::string> names;
  net::NetlinkMessage message = get_message(NFT_MSG_GETTABLE);
  netlink.dump(
      message, "list nf_tables", [&] { names.clear(); },
      [&](nlmsghdr* answer) {
        const auto* header = static_cast<nfgenmsg*>(nlmsg_data(answer));
        const nlattr* name = nlmsg_find_attr(answer, sizeof *header, NFTA_TABLE_NAME);
        if (header->nfgen_family == NFPROTO_BRIDGE && name != nullptr)
          names.emplace_back(nla_get_string(name));
      },
      net::Netlink::IfAbsent::kNone);
  return names;
}

std::size_t count_rules(net::Netlink& netlink, const std::string& table) {
  std::size_t count = 0;
  net::NetlinkMessage message = get_message(NFT_MSG_GETRULE);
  message.put(NFTA_RULE_TABLE, std::string_view(table));
  netlink.dump(
      message, "list the rules of table bridge " + table, [&] { count = 0; },
      [&](nlmsghdr* answer) {
        const nlattr* name = nlmsg_find_attr(answer, sizeof(nfgenmsg), NFTA_RULE_TABLE);
        if (name != nullptr && table == nla_get_string(name)) ++count;
      });
  return count;
}

std::vector<std::pair<Bytes, Bytes>> list_elements(net::Netlink& netlink, const std::string& table,
                                                   const std::string& set) {
  std::vector<std::pair<Bytes, Bytes>> elements;
  net::NetlinkMessage message = get_message(NFT_MSG_GETSETELEM);
  message.put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table));
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
      message, "list " + set + " of table bridge " + table, [&] { elements.clear(); }, read,
      net::Netlink::IfAbsent::kNone);
  return elements;
}

}  // namespace azcni::network::nft
