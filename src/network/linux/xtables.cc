// A table of x_tables is one block of memory: entries (matches and a target each) one after
// another, found by their offsets. It is read whole, and replaced whole (kernel:
// include/uapi/linux/netfilter_ipv4/ip_tables.h).

#include "xtables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/file_lock.h"
#include "azcni/base/unique_fd.h"

namespace azcni::network::xtables {
namespace {

constexpr const char* kLockFile = "/run/xtables.lock";
constexpr std::chrono::seconds kLockLimit{10};
constexpr int kTries = 5;

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

template <typename T>
T read_at(const std::vector<char>& bytes, std::size_t offset) {
  T value{};
  if (offset + sizeof value <= bytes.size())
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename T>
void write_at(std::vector<char>& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// One table, as the kernel has it.
template <typename Kind>
class Table {
 public:
  /// Nothing if it is not in use.
  static std::optional<Table> read(const std::string& name) {
    const std::string names = file::read(Kind::kTables, 4096).value_or("");
    if (("\n" + names).find("\n" + name + "\n") == std::string::npos) return std::nullopt;
    Table table;
    table.socket_ = UniqueFd(::socket(Kind::kFamily, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    std::strncpy(table.info_.name, name.c_str(), sizeof table.info_.name - 1);
    socklen_t length = sizeof table.info_;
    if (!table.socket_ || ::getsockopt(table.socket_.get(), Kind::kLevel, IPT_SO_GET_INFO,
                                       &table.info_, &length) != 0)
      return std::nullopt;
    typename Kind::Entries request{};
    std::memcpy(request.name, table.info_.name, sizeof request.name);
    request.size = table.info_.size;
    std::vector<char> answer(sizeof request + table.info_.size);
    write_at(answer, 0, request);
    length = static_cast<socklen_t>(answer.size());
    if (::getsockopt(table.socket_.get(), Kind::kLevel, IPT_SO_GET_ENTRIES, answer.data(),
                     &length) != 0)
      return std::nullopt;
    table.entries_.assign(answer.begin() + sizeof request, answer.end());
    return table;
  }

  bool contains(const std::string& text) const {
    return std::search(entries_.begin(), entries_.end(), text.begin(), text.end()) !=
           entries_.end();
  }

  /// The policy is the hook's last entry.
  bool forward_drops() const {
    return verdict_at(info_.underflow[NF_INET_FORWARD]) == -NF_DROP - 1;
  }

  /// Where such a rule stands in FORWARD; nothing if it does not.
  std::optional<std::size_t> find(const std::vector<char>& rule) const {
    for (std::size_t at = info_.hook_entry[NF_INET_FORWARD];
         at <= info_.underflow[NF_INET_FORWARD] && at + rule.size() <= entries_.size();) {
      const auto entry = read_at<typename Kind::Entry>(entries_, at);
      std::vector<char> same(entries_.begin() + static_cast<std::ptrdiff_t>(at),
                             entries_.begin() + static_cast<std::ptrdiff_t>(at + rule.size()));
      auto plain = read_at<typename Kind::Entry>(same, 0);
      plain.counters = {};
      plain.comefrom = 0;
      plain.nfcache = 0;
      write_at(same, 0, plain);
      if (same == rule) return at;
      if (entry.next_offset == 0) return std::nullopt;
      at += entry.next_offset;
    }
    return std::nullopt;
  }

  void insert(const std::vector<char>& rule) {
    const std::size_t at = info_.hook_entry[NF_INET_FORWARD];
    const std::size_t index = index_of(at);
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(at), rule.begin(), rule.end());
    shift(at, static_cast<std::ptrdiff_t>(rule.size()));
    origin_.insert(origin_.begin() + static_cast<std::ptrdiff_t>(index), std::nullopt);
  }

  void erase(std::size_t at, std::size_t size) {
    const std::size_t index = index_of(at);
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at),
                   entries_.begin() + static_cast<std::ptrdiff_t>(at + size));
    shift(at, -static_cast<std::ptrdiff_t>(size));
    origin_.erase(origin_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// False if somebody changed the table meanwhile.
  bool replace() {
    std::vector<xt_counters> counters(info_.num_entries);
    typename Kind::Replace request{};
    std::memcpy(request.name, info_.name, sizeof request.name);
    request.valid_hooks = info_.valid_hooks;
    request.num_entries = static_cast<unsigned>(origin_.size());
    request.size = static_cast<unsigned>(entries_.size());
    std::memcpy(request.hook_entry, info_.hook_entry, sizeof request.hook_entry);
    std::memcpy(request.underflow, info_.underflow, sizeof request.underflow);
    request.num_counters = info_.num_entries;
    request.counters = counters.data();
    std::vector<char> message(sizeof request + entries_.size());
    write_at(message, 0, request);
    std::copy(entries_.begin(), entries_.end(), message.begin() + sizeof request);
    if (::setsockopt(socket_.get(), Kind::kLevel, IPT_SO_SET_REPLACE, message.data(),
                     static_cast<socklen_t>(message.size())) != 0) {
      if (errno == EAGAIN) return false;
      throw system_error(std::string("replace table ") + info_.name + " of iptables-legacy", errno);
    }
    restore_counters(counters);
    return true;
  }

  /// Numbers the entries, by which counters are given back after a change.
  void number_entries() {
    origin_.clear();
    for (std::size_t i = 0; i < info_.num_entries; ++i) origin_.emplace_back(i);
  }

 private:
  int verdict_at(std::size_t at) const {
    const auto entry = read_at<typename Kind::Entry>(entries_, at);
    return read_at<xt_standard_target>(entries_, at + entry.target_offset).verdict;
  }

  std::size_t index_of(std::size_t offset) const {
    std::size_t index = 0;
    for (std::size_t at = 0; at < offset; ++index) {
      const auto next = read_at<typename Kind::Entry>(entries_, at).next_offset;
      if (next == 0) break;
      at += next;
    }
    return index;
  }

  /// What lies behind `at` has moved: hooks, policies, and the jumps that lead there.
  void shift(std::size_t at, std::ptrdiff_t by) {
    const auto moved = [&](unsigned offset) {
      return static_cast<unsigned>(static_cast<std::ptrdiff_t>(offset) + by);
    };
    for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; ++hook) {
      if (info_.hook_entry[hook] > at) info_.hook_entry[hook] = moved(info_.hook_entry[hook]);
      if (info_.underflow[hook] >= at) info_.underflow[hook] = moved(info_.underflow[hook]);
    }
    for (std::size_t each = 0; each < entries_.size();) {
      const auto entry = read_at<typename Kind::Entry>(entries_, each);
      if (entry.next_offset == 0) return;
      auto target = read_at<xt_standard_target>(entries_, each + entry.target_offset);
      // Without a name it is the standard target, whose verdict is an offset if it is not negative.
      if (target.target.u.user.name[0] == '\0' && target.verdict > static_cast<int>(at)) {
        target.verdict += static_cast<int>(by);
        write_at(entries_, each + entry.target_offset, target);
      }
      each += entry.next_offset;
    }
  }

  void restore_counters(const std::vector<xt_counters>& before) {
    std::vector<char> message(sizeof(xt_counters_info) + origin_.size() * sizeof(xt_counters));
    xt_counters_info info{};
    std::memcpy(info.name, info_.name, sizeof info.name);
    info.num_counters = static_cast<unsigned>(origin_.size());
    write_at(message, 0, info);
    for (std::size_t i = 0; i < origin_.size(); ++i) {
      if (origin_[i] && *origin_[i] < before.size())
        write_at(message, sizeof info + i * sizeof(xt_counters), before[*origin_[i]]);
    }
    // Figures for people: that they could not be given back fails nothing.
    ::setsockopt(socket_.get(), Kind::kLevel, IPT_SO_SET_ADD_COUNTERS, message.data(),
                 static_cast<socklen_t>(message.size()));
  }

  UniqueFd socket_;
  typename Kind::Info info_{};
  std::vector<char> entries_;
  std::vector<std::optional<std::size_t>> origin_;  ///< of each entry, before the change
};

/// "-i LINKS -j ACCEPT", or -o.
template <typename Kind>
std::vector<char> accept_rule(const Links& links, bool incoming) {
  constexpr std::size_t kTarget = XT_ALIGN(sizeof(xt_standard_target));
  typename Kind::Entry entry{};
  auto& match = Kind::match(entry);
  auto& name = incoming ? match.iniface : match.outiface;
  auto& mask = incoming ? match.iniface_mask : match.outiface_mask;
  std::strncpy(name, links.name.c_str(), sizeof name - 1);
  // With the zero that ends it, a name must be the same; without, begin so.
  std::fill_n(mask, links.name.size() + (links.is_prefix ? 0 : 1),
              static_cast<unsigned char>(0xff));
  entry.target_offset = sizeof entry;
  entry.next_offset = static_cast<__u16>(sizeof entry + kTarget);
  xt_standard_target target{};
  target.target.u.user.target_size = kTarget;
  target.verdict = -NF_ACCEPT - 1;
  std::vector<char> rule(entry.next_offset);
  write_at(rule, 0, entry);
  write_at(rule, sizeof entry, target);
  return rule;
}

template <typename Kind>
bool are_accepted_by(const Links& links) {
  const auto table = Table<Kind>::read("filter");
  return !table || (table->find(accept_rule<Kind>(links, true)) &&
                    table->find(accept_rule<Kind>(links, false)));
}

template <typename Kind>
void change(const Links& links, bool wanted) {
  if (!Table<Kind>::read("filter")) return;
  const FileLock held = FileLock::wait_for(kLockFile, kLockLimit);
  for (int i = 0; i < kTries; ++i) {
    auto table = Table<Kind>::read("filter");
    if (!table) return;
    table->number_entries();
    bool changed = false;
    for (const bool incoming : {true, false}) {
      const std::vector<char> rule = accept_rule<Kind>(links, incoming);
      const auto present = table->find(rule);
      if (present.has_value() == wanted) continue;
      changed = true;
      if (wanted) {
        table->insert(rule);
      } else {
        table->erase(*present, rule.size());
      }
    }
    if (!changed || table->replace()) return;
  }
  throw Error(ErrorCode::kTryAgain, "table filter of iptables-legacy changes all the time");
}

}  // namespace

bool forward_drops() {
  const auto table = Table<Ip4>::read("filter");
  return table && table->forward_drops();
}

bool masquerades() {
  const auto table = Table<Ip4>::read("nat");
  return table && table->contains("MASQUERADE");
}

void accept_forwarded(const Links& links) {
  change<Ip4>(links, true);
  change<Ip6>(links, true);
}

bool are_accepted(const Links& links) {
  return are_accepted_by<Ip4>(links) && are_accepted_by<Ip6>(links);
}

void forget_accepted(const Links& links) {
  change<Ip4>(links, false);
  change<Ip6>(links, false);
}

}  // namespace azcni::network::xtables
