#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "rule.h"
#include "types.h"

namespace azcni::network::nft {

/// Where an interval begins, or the next one at the earliest.
struct Bound {
  Bytes key;
  bool is_end = false;
};
/// Prefixes as a set of intervals has them, if `nft` makes it: those that lie within another left
/// out, and an end before the first.
std::vector<Bound> bounds_of(const std::vector<net::Prefix>& prefixes);

/// Changes of one table, made all at once or not at all.
///
///     net::Netlink netlink = open_socket();
///     Batch batch({Family::kInet, "azure_vnet_azure"});
///     batch.add_table()
///         .add_set({"pods4", {Type::kIp4}})
///         .add_chain("postrouting", Hook::kPostrouting, 110, ChainType::kNat)
///         .add_rule("postrouting", Rule().is_in(kIp4Source, "pods4").masquerade())
///         .add_element("pods4", bytes_of(address), {}, "of a pod");
///     batch.commit(netlink, "make it");
class Batch {
 public:
  explicit Batch(Table table) : table_(std::move(table)) {}

  Batch& add_table();     ///< no error if it is there
  Batch& delete_table();  ///< an error if it is not
  Batch& add_chain(const std::string& name, Hook hook, std::int32_t priority,
                   ChainType type = ChainType::kFilter);
  Batch& add_chain(const std::string& name);  ///< that other chains lead to
  Batch& add_counter(const std::string& name, std::uint64_t packets = 0);
  Batch& add_set(const Set& set);
  Batch& add_map(const Map& map);
  Batch& add_rule(const std::string& chain, const Rule& rule);
  /// Before the rule of that handle, or at the end; `comment` is how `nft` and list_rules() show
  /// it.
  Batch& insert_rule(const std::string& chain, const Rule& rule, const std::string& comment,
                     std::optional<std::uint64_t> before = {});
  Batch& delete_rule(const std::string& chain, std::uint64_t handle);
  /// `comment`: of 127 characters at most, as `nft` has them.
  Batch& add_element(const std::string& set, const Bytes& key, const Bytes& value = {},
                     const std::string& comment = {});
  /// Twice is once.
  Batch& delete_element(const std::string& set, const Bytes& key);
  /// Whole networks, of a set of intervals that is empty.
  Batch& add_prefixes(const std::string& set, const std::vector<net::Prefix>& prefixes);

  bool empty() const { return messages_.empty(); }

  /// Throws Error(kSystem) that names `what` and the kernel's reason.
  void commit(net::Netlink& netlink, const std::string& what);

 private:
  net::NetlinkMessage& begin(int type, int flags);
  net::NetlinkMessage& put_rule(int flags, const std::string& chain, const Rule& rule);
  void put_set(const std::string& name, const Types& key, const Types& value, bool intervals);
  void put_element(int type, int flags, const std::string& set, const Entry& element,
                   std::uint32_t element_flags = 0);

  friend class Transaction;

  Table table_;
  std::vector<net::NetlinkMessage> messages_;
  std::uint32_t sets_ = 0;
  std::set<std::pair<std::string, Bytes>> deleted_;  ///< elements
};

/// Changes of several tables, made all at once or not at all.
class Transaction {
 public:
  /// The changes of one table; valid as long as this.
  Batch& of(const Table& table);
  /// As Batch::commit; without changes nothing is sent.
  void commit(net::Netlink& netlink, const std::string& what);

 private:
  std::deque<Batch> batches_;
};

}  // namespace azcni::network::nft
