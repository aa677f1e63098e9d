#include "xtables_blob.h"

#include <linux/netfilter.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace azcni::network::xtables {
namespace {

constexpr int kAccept = -NF_ACCEPT - 1, kDrop = -NF_DROP - 1;  // as verdicts; a jump's is an offset

template <typename T>
T read_at(const Bytes& bytes, std::size_t offset) {
  T value{};
  if (offset + sizeof value <= bytes.size())
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename T>
void write_at(Bytes& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// Of a target behind which a packet meets the next rule.
bool goes_on(const std::string& target) {
  return target == "LOG" || target == "NFLOG" || target == "MARK";
}

/// Bytes that are not compared mean nothing: iptables keeps the "+" of a prefix there.
void clear_unmasked(char (&name)[IFNAMSIZ], const unsigned char (&mask)[IFNAMSIZ]) {
  for (std::size_t i = 0; i < IFNAMSIZ; ++i) {
    if (mask[i] == 0) name[i] = 0;
  }
}

std::ptrdiff_t signed_of(std::size_t offset) { return static_cast<std::ptrdiff_t>(offset); }

}  // namespace

template <typename Kind>
Bytes accept_rule(const Links& links, bool incoming) {
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
  target.verdict = kAccept;
  Bytes rule(entry.next_offset);
  write_at(rule, 0, entry);
  write_at(rule, sizeof entry, target);
  return rule;
}

template <typename Kind>
Blob<Kind>::Blob(const typename Kind::Info& info, Bytes entries)
    : info_(info), entries_(std::move(entries)) {
  for (std::size_t i = 0; i < info_.num_entries; ++i) origin_.emplace_back(i);
}

template <typename Kind>
bool Blob<Kind>::contains(const std::string& text) const {
  return std::search(entries_.begin(), entries_.end(), text.begin(), text.end()) != entries_.end();
}

/// The policy is the hook's last entry.
template <typename Kind>
bool Blob<Kind>::forward_drops() const {
  return verdict_at(info_.underflow[NF_INET_FORWARD]) == kDrop;
}

template <typename Kind>
std::optional<std::size_t> Blob<Kind>::find(const Bytes& rule) const {
  for (std::size_t at = info_.hook_entry[NF_INET_FORWARD];
       at <= info_.underflow[NF_INET_FORWARD] && at + rule.size() <= entries_.size();) {
    const auto entry = read_at<typename Kind::Entry>(entries_, at);
    Bytes same(entries_.begin() + signed_of(at), entries_.begin() + signed_of(at + rule.size()));
    auto plain = read_at<typename Kind::Entry>(same, 0);
    plain.counters = {};
    plain.comefrom = 0;
    plain.nfcache = 0;
    auto& match = Kind::match(plain);
    clear_unmasked(match.iniface, match.iniface_mask);
    clear_unmasked(match.outiface, match.outiface_mask);
    write_at(same, 0, plain);
    if (same == rule) return at;
    if (entry.next_offset == 0) return std::nullopt;
    at += entry.next_offset;
  }
  return std::nullopt;
}

template <typename Kind>
bool Blob<Kind>::is_last(const Bytes& rule) const {
  const auto found = find(rule);
  if (!found) return false;
  std::size_t at = *found;
  while (at < info_.underflow[NF_INET_FORWARD] && !refuses_all(at)) {
    const std::string target = target_at(at);
    if (target.empty() ? verdict_at(at) != kAccept : !goes_on(target)) return false;
    at = next_of(at);
  }
  return true;
}

template <typename Kind>
void Blob<Kind>::insert(const Bytes& rule) {
  std::size_t at = info_.hook_entry[NF_INET_FORWARD];
  while (at < info_.underflow[NF_INET_FORWARD] && !refuses_all(at)) at = next_of(at);
  const std::size_t index = index_of(at);
  entries_.insert(entries_.begin() + signed_of(at), rule.begin(), rule.end());
  shift(at, signed_of(rule.size()));
  origin_.insert(origin_.begin() + signed_of(index), std::nullopt);
}

template <typename Kind>
void Blob<Kind>::erase(std::size_t at, std::size_t size) {
  const std::size_t index = index_of(at);
  entries_.erase(entries_.begin() + signed_of(at), entries_.begin() + signed_of(at + size));
  shift(at, -signed_of(size));
  origin_.erase(origin_.begin() + signed_of(index));
}

template <typename Kind>
Bytes Blob<Kind>::replacement(std::vector<xt_counters>& counters) const {
  counters.assign(info_.num_entries, {});
  typename Kind::Replace request{};
  std::memcpy(request.name, info_.name, sizeof request.name);
  request.valid_hooks = info_.valid_hooks;
  request.num_entries = static_cast<unsigned>(origin_.size());
  request.size = static_cast<unsigned>(entries_.size());
  std::memcpy(request.hook_entry, info_.hook_entry, sizeof request.hook_entry);
  std::memcpy(request.underflow, info_.underflow, sizeof request.underflow);
  request.num_counters = info_.num_entries;
  request.counters = counters.data();
  Bytes message(sizeof request + entries_.size());
  write_at(message, 0, request);
  std::copy(entries_.begin(), entries_.end(), message.begin() + sizeof request);
  return message;
}

template <typename Kind>
Bytes Blob<Kind>::restoration(const std::vector<xt_counters>& counters) const {
  Bytes message(sizeof(xt_counters_info) + origin_.size() * sizeof(xt_counters));
  xt_counters_info info{};
  std::memcpy(info.name, info_.name, sizeof info.name);
  info.num_counters = static_cast<unsigned>(origin_.size());
  write_at(message, 0, info);
  for (std::size_t i = 0; i < origin_.size(); ++i) {
    if (origin_[i] && *origin_[i] < counters.size())
      write_at(message, sizeof info + i * sizeof(xt_counters), counters[*origin_[i]]);
  }
  return message;
}

template <typename Kind>
int Blob<Kind>::verdict_at(std::size_t at) const {
  const auto entry = read_at<typename Kind::Entry>(entries_, at);
  return read_at<xt_standard_target>(entries_, at + entry.target_offset).verdict;
}

template <typename Kind>
std::string Blob<Kind>::target_at(std::size_t at) const {
  const auto entry = read_at<typename Kind::Entry>(entries_, at);
  const auto target = read_at<xt_entry_target>(entries_, at + entry.target_offset);
  return {target.u.user.name, ::strnlen(target.u.user.name, sizeof target.u.user.name)};
}

template <typename Kind>
std::size_t Blob<Kind>::next_of(std::size_t at) const {
  const std::size_t size = read_at<typename Kind::Entry>(entries_, at).next_offset;
  return size == 0 ? entries_.size() : std::min(at + size, entries_.size());
}

template <typename Kind>
bool Blob<Kind>::fits_all(std::size_t at) const {
  auto entry = read_at<typename Kind::Entry>(entries_, at);
  std::array<unsigned char, sizeof Kind::match(entry)> conditions{};
  std::memcpy(conditions.data(), &Kind::match(entry), conditions.size());
  if (conditions != decltype(conditions){}) return false;
  for (std::size_t i = sizeof entry; i < entry.target_offset;) {
    const auto match = read_at<xt_entry_match>(entries_, at + i);
    if (std::strcmp(match.u.user.name, "comment") != 0) return false;
    i += match.u.user.match_size;
  }
  return true;
}

template <typename Kind>
bool Blob<Kind>::refuses_all(std::size_t at) const {
  if (!fits_all(at)) return false;
  const std::string target = target_at(at);
  const int verdict = verdict_at(at);
  if (!target.empty()) return target == "REJECT";
  if (verdict < 0) return verdict == kDrop;
  auto first = static_cast<std::size_t>(verdict);
  if (first == next_of(at)) return false;  // a rule without a target
  while (goes_on(target_at(first))) first = next_of(first);
  return refuses_all(first);  // the kernel takes no loops
}

template <typename Kind>
std::size_t Blob<Kind>::index_of(std::size_t offset) const {
  std::size_t index = 0;
  for (std::size_t at = 0; at < offset; ++index) {
    const auto next = read_at<typename Kind::Entry>(entries_, at).next_offset;
    if (next == 0) break;
    at += next;
  }
  return index;
}

template <typename Kind>
void Blob<Kind>::shift(std::size_t at, std::ptrdiff_t by) {
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

template class Blob<Ip4>;
template class Blob<Ip6>;
template Bytes accept_rule<Ip4>(const Links& links, bool incoming);
template Bytes accept_rule<Ip6>(const Links& links, bool incoming);

}  // namespace azcni::network::xtables
