#include "batch.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace azcni::network::nft {
namespace {

nfgenmsg header_of(Family family) { return {static_cast<std::uint8_t>(family), NFNETLINK_V0, 0}; }

/// Batches are addressed to the subsystem that they are for.
net::NetlinkMessage batch_mark(int type) {
  return {type, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}};
}

void put_number(net::NetlinkMessage& message, int attribute, std::uint32_t value) {
  message.put_u32(attribute, htonl(value));
}

void put_handle(net::NetlinkMessage& message, int attribute, std::uint64_t handle) {
  const std::uint64_t value = htobe64(handle);
  message.put(attribute, &value, sizeof value);
}

/// The addresses of a prefix end before this one; nothing after the last address there is.
std::optional<Bytes> end_of(const net::Prefix& prefix) {
  Bytes bytes = bytes_of(prefix.network().address);
  for (std::size_t i = prefix.length; i < bytes.size() * 8; ++i)
    bytes[i / 8] |= static_cast<std::uint8_t>(0x80 >> (i % 8));
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (++bytes[i] != 0) return bytes;
  }
  return std::nullopt;
}

void put_data(net::NetlinkMessage& message, int attribute, const Bytes& value) {
  message.nest(attribute, [&] { message.put(NFTA_DATA_VALUE, value.data(), value.size()); });
}

/// A type, a length, and a text that ends with zero: libnftnl's, which `nft` reads.
void put_comment(net::NetlinkMessage& message, int attribute, const std::string& comment) {
  Bytes data{kCommentType, static_cast<std::uint8_t>(comment.size() + 1)};
  data.insert(data.end(), comment.begin(), comment.end());
  data.push_back(0);
  message.put(attribute, data.data(), data.size());
}

}  // namespace

std::vector<Bound> bounds_of(const std::vector<net::Prefix>& prefixes) {
  std::vector<net::Prefix> sorted;
  for (const net::Prefix& prefix : prefixes) sorted.push_back(prefix.network());
  std::sort(sorted.begin(), sorted.end());
  std::vector<Bound> bounds;
  std::optional<net::Prefix> last;
  for (const net::Prefix& prefix : sorted) {
    // Sorted by address, then length: one that overlaps another lies within one before it.
    if (last && last->contains(prefix.address)) continue;
    const Bytes begin = bytes_of(prefix.address);
    const Bytes zero(begin.size());
    if (!last && begin != zero) bounds.push_back({zero, true});
    last = prefix;
    bounds.push_back({begin});
    if (auto end = end_of(prefix)) bounds.push_back({std::move(*end), true});
  }
  return bounds;
}

net::NetlinkMessage& Batch::begin(int type, int flags) {
  messages_.emplace_back(kSubsystem | type, flags, header_of(table_.family));
  return messages_.back();
}

Batch& Batch::add_table() {
  begin(NFT_MSG_NEWTABLE, NLM_F_CREATE).put(NFTA_TABLE_NAME, std::string_view(table_.name));
  return *this;
}

Batch& Batch::delete_table() {
  begin(NFT_MSG_DELTABLE, 0).put(NFTA_TABLE_NAME, std::string_view(table_.name));
  return *this;
}

Batch& Batch::add_chain(const std::string& name, Hook hook, std::int32_t priority, ChainType type) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.put(NFTA_CHAIN_TABLE, std::string_view(table_.name))
      .put(NFTA_CHAIN_NAME, std::string_view(name));
  message.nest(NFTA_CHAIN_HOOK, [&] {
    put_number(message, NFTA_HOOK_HOOKNUM, static_cast<std::uint32_t>(hook));
    put_number(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(priority));
  });
  put_number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
  message.put(NFTA_CHAIN_TYPE, std::string_view(type == ChainType::kNat ? "nat" : "filter"));
  return *this;
}

Batch& Batch::add_chain(const std::string& name) {
  begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE)
      .put(NFTA_CHAIN_TABLE, std::string_view(table_.name))
      .put(NFTA_CHAIN_NAME, std::string_view(name));
  return *this;
}

Batch& Batch::add_counter(const std::string& name, std::uint64_t packets) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWOBJ, NLM_F_CREATE);
  message.put(NFTA_OBJ_TABLE, std::string_view(table_.name))
      .put(NFTA_OBJ_NAME, std::string_view(name));
  put_number(message, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  message.nest(NFTA_OBJ_DATA, [&] {
    const std::uint64_t value = htobe64(packets);
    message.put(NFTA_COUNTER_PACKETS, &value, sizeof value);
  });
  return *this;
}

Batch& Batch::add_set(const Set& set) {
  put_set(set.name, set.key, {}, set.intervals);
  return *this;
}

Batch& Batch::add_map(const Map& map) {
  put_set(map.name, map.key, map.value, false);
  return *this;
}

void Batch::put_set(const std::string& name, const Types& key, const Types& value, bool intervals) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWSET, NLM_F_CREATE);
  message.put(NFTA_SET_TABLE, std::string_view(table_.name))
      .put(NFTA_SET_NAME, std::string_view(name));
  put_number(message, NFTA_SET_ID, ++sets_);
  const std::uint32_t kind = value.empty() ? 0 : NFT_SET_MAP;
  const std::uint32_t lookup = intervals ? NFT_SET_INTERVAL : 0;
  put_number(message, NFTA_SET_FLAGS, kind | lookup);
  put_number(message, NFTA_SET_KEY_TYPE, number_of(key));
  put_number(message, NFTA_SET_KEY_LEN, length_of(key));
  if (value.empty()) return;
  put_number(message, NFTA_SET_DATA_TYPE, number_of(value));
  put_number(message, NFTA_SET_DATA_LEN, length_of(value));
}

Batch& Batch::add_rule(const std::string& chain, const Rule& rule) {
  put_rule(NLM_F_CREATE | NLM_F_APPEND, chain, rule);
  return *this;
}

Batch& Batch::insert_rule(const std::string& chain, const Rule& rule, const std::string& comment,
                          std::optional<std::uint64_t> before) {
  net::NetlinkMessage& message =
      put_rule(before ? NLM_F_CREATE : NLM_F_CREATE | NLM_F_APPEND, chain, rule);
  put_comment(message, NFTA_RULE_USERDATA, comment);
  if (before) put_handle(message, NFTA_RULE_POSITION, *before);
  return *this;
}

Batch& Batch::delete_rule(const std::string& chain, std::uint64_t handle) {
  net::NetlinkMessage& message = begin(NFT_MSG_DELRULE, 0);
  message.put(NFTA_RULE_TABLE, std::string_view(table_.name))
      .put(NFTA_RULE_CHAIN, std::string_view(chain));
  put_handle(message, NFTA_RULE_HANDLE, handle);
  return *this;
}

net::NetlinkMessage& Batch::put_rule(int flags, const std::string& chain, const Rule& rule) {
  net::NetlinkMessage& message = begin(NFT_MSG_NEWRULE, flags);
  message.put(NFTA_RULE_TABLE, std::string_view(table_.name))
      .put(NFTA_RULE_CHAIN, std::string_view(chain));
  const auto put_expression = [&](const Expression& expression) {
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
            if (!expression.chain.empty())
              message.put(NFTA_VERDICT_CHAIN, std::string_view(expression.chain));
          });
        });
      }
    });
  };
  message.nest(NFTA_RULE_EXPRESSIONS, [&] {
    for (const Expression& expression : rule.expressions()) {
      message.nest(NFTA_LIST_ELEM, [&] { put_expression(expression); });
    }
  });
  return message;
}

void Batch::put_element(int type, int flags, const std::string& set, const Entry& element,
                        std::uint32_t element_flags) {
  net::NetlinkMessage& message = begin(type, flags);
  message.put(NFTA_SET_ELEM_LIST_TABLE, std::string_view(table_.name))
      .put(NFTA_SET_ELEM_LIST_SET, std::string_view(set));
  message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
    message.nest(NFTA_LIST_ELEM, [&] {
      put_data(message, NFTA_SET_ELEM_KEY, element.key);
      if (!element.value.empty()) put_data(message, NFTA_SET_ELEM_DATA, element.value);
      if (element_flags != 0) put_number(message, NFTA_SET_ELEM_FLAGS, element_flags);
      if (!element.comment.empty()) put_comment(message, NFTA_SET_ELEM_USERDATA, element.comment);
    });
  });
}

Batch& Batch::add_element(const std::string& set, const Bytes& key, const Bytes& value,
                          const std::string& comment) {
  put_element(NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, {key, value, comment});
  return *this;
}

Batch& Batch::delete_element(const std::string& set, const Bytes& key) {
  if (deleted_.emplace(set, key).second) put_element(NFT_MSG_DELSETELEM, 0, set, {key});
  return *this;
}

Batch& Batch::add_prefixes(const std::string& set, const std::vector<net::Prefix>& prefixes) {
  for (const Bound& each : bounds_of(prefixes))
    put_element(NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, {each.key},
                each.is_end ? NFT_SET_ELEM_INTERVAL_END : 0);
  return *this;
}

void Batch::commit(net::Netlink& netlink, const std::string& what) {
  std::vector<net::NetlinkMessage> all;
  all.push_back(batch_mark(NFNL_MSG_BATCH_BEGIN));
  std::move(messages_.begin(), messages_.end(), std::back_inserter(all));
  all.push_back(batch_mark(NFNL_MSG_BATCH_END));
  messages_.clear();
  netlink.transaction(all, "nf_tables, table " + to_string(table_) + ": " + what);
}

Batch& Transaction::of(const Table& table) {
  for (Batch& each : batches_) {
    if (each.table_ == table) return each;
  }
  return batches_.emplace_back(table);
}

void Transaction::commit(net::Netlink& netlink, const std::string& what) {
  std::vector<net::NetlinkMessage> all;
  std::string tables;
  all.push_back(batch_mark(NFNL_MSG_BATCH_BEGIN));
  for (Batch& each : batches_) {
    if (each.empty()) continue;
    tables += (tables.empty() ? "" : ", ") + to_string(each.table_);
    std::move(each.messages_.begin(), each.messages_.end(), std::back_inserter(all));
  }
  all.push_back(batch_mark(NFNL_MSG_BATCH_END));
  batches_.clear();
  if (!tables.empty()) netlink.transaction(all, "nf_tables, table " + tables + ": " + what);
}

}  // namespace azcni::network::nft
