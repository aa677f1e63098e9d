#pragma once

#include <arpa/inet.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "xtables.h"

/// A table of x_tables is one block of memory: entries (matches and a target each) one after
/// another, found by their offsets. It is read whole, and replaced whole (kernel:
/// include/uapi/linux/netfilter_ipv4/ip_tables.h). Here it is changed; xtables.cc asks the kernel.
namespace azcni::network::xtables {

struct Ip4 {
  using Entry = ipt_entry;
  using Info = ipt_getinfo;
  using Entries = ipt_get_entries;
  using Replace = ipt_replace;
  static constexpr int kFamily = AF_INET, kLevel = IPPROTO_IP;
  static constexpr const char* kTables = "/proc/net/ip_tables_names";
  static ipt_ip& match(Entry& entry) { return entry.ip; }
};

struct Ip6 {
  using Entry = ip6t_entry;
  using Info = ip6t_getinfo;
  using Entries = ip6t_get_entries;
  using Replace = ip6t_replace;
  static constexpr int kFamily = AF_INET6, kLevel = IPPROTO_IPV6;
  static constexpr const char* kTables = "/proc/net/ip6_tables_names";
  static ip6t_ip6& match(Entry& entry) { return entry.ipv6; }
};

using Bytes = std::vector<char>;

/// "-i LINKS -j ACCEPT", or -o.
template <typename Kind>
Bytes accept_rule(const Links& links, bool incoming);

/// One table, as the kernel told it and as it is to become.
template <typename Kind>
class Blob {
 public:
  /// The answers of IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES.
  Blob(const typename Kind::Info& info, Bytes entries);

  bool contains(const std::string& text) const;
  /// The policy of FORWARD.
  bool forward_drops() const;
  /// Where such a rule stands in FORWARD, whatever it has counted.
  std::optional<std::size_t> find(const Bytes& rule) const;
  /// True if the rule is there, and behind it only rules that accept, until one refuses all.
  bool is_last(const Bytes& rule) const;
  /// At the end of FORWARD, or before the rule that drops or rejects every packet.
  void insert(const Bytes& rule);
  void erase(std::size_t at, std::size_t size);

  /// The argument of IPT_SO_SET_REPLACE; the kernel puts into `counters` what the old entries have
  /// counted: one for each that was read.
  Bytes replacement(std::vector<xt_counters>& counters) const;
  /// The argument of IPT_SO_SET_ADD_COUNTERS, which gives those entries that stay theirs back.
  Bytes restoration(const std::vector<xt_counters>& counters) const;

 private:
  int verdict_at(std::size_t at) const;
  /// Empty of the standard target: accept, drop, jump.
  std::string target_at(std::size_t at) const;
  std::size_t next_of(std::size_t at) const;
  /// True of an entry without conditions; a comment is none.
  bool fits_all(std::size_t at) const;
  /// True if it drops or rejects every packet: by itself, or by a chain that does but log before.
  bool refuses_all(std::size_t at) const;
  std::size_t index_of(std::size_t offset) const;
  /// What lies behind `at` has moved: hooks, policies, and the jumps that lead there.
  void shift(std::size_t at, std::ptrdiff_t by);

  typename Kind::Info info_;
  Bytes entries_;
  std::vector<std::optional<std::size_t>> origin_;  ///< of each entry, before the change
};

}  // namespace azcni::network::xtables
