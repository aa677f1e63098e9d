#include "xtables.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/file_lock.h"
#include "azcni/base/unique_fd.h"
#include "xtables_blob.h"

namespace azcni::network::xtables {
namespace {

constexpr const char* kLockFile = "/run/xtables.lock";
constexpr std::chrono::seconds kLockLimit{10};
constexpr int kTries = 5;
constexpr const char* kFilter = "filter";

/// A table of the kernel's, by the socket that it is asked on.
template <typename Kind>
struct Table {
  UniqueFd socket;
  Blob<Kind> blob;

  /// Nothing if it is not in use.
  static std::optional<Table> read(const std::string& name) {
    const std::string names = file::read(Kind::kTables, 4096).value_or("");
    if (("\n" + names).find("\n" + name + "\n") == std::string::npos) return std::nullopt;
    UniqueFd socket(::socket(Kind::kFamily, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    typename Kind::Info info{};
    std::strncpy(info.name, name.c_str(), sizeof info.name - 1);
    socklen_t length = sizeof info;
    if (!socket || ::getsockopt(socket.get(), Kind::kLevel, IPT_SO_GET_INFO, &info, &length) != 0)
      return std::nullopt;
    typename Kind::Entries request{};
    std::memcpy(request.name, info.name, sizeof request.name);
    request.size = info.size;
    Bytes answer(sizeof request + info.size);
    std::memcpy(answer.data(), &request, sizeof request);
    length = static_cast<socklen_t>(answer.size());
    if (::getsockopt(socket.get(), Kind::kLevel, IPT_SO_GET_ENTRIES, answer.data(), &length) != 0)
      return std::nullopt;
    return Table{std::move(socket), {info, {answer.begin() + sizeof request, answer.end()}}};
  }

  /// False if somebody changed the table meanwhile.
  bool replace(const std::string& name) {
    std::vector<xt_counters> counters;
    const Bytes message = blob.replacement(counters);
    if (!set(IPT_SO_SET_REPLACE, message)) {
      if (errno == EAGAIN) return false;
      throw system_error("replace table " + name + " of iptables-legacy", errno);
    }
    // Figures for people: that they could not be given back fails nothing.
    set(IPT_SO_SET_ADD_COUNTERS, blob.restoration(counters));
    return true;
  }

  bool set(int option, const Bytes& message) {
    return ::setsockopt(socket.get(), Kind::kLevel, option, message.data(),
                        static_cast<socklen_t>(message.size())) == 0;
  }
};

template <typename Kind>
std::vector<Bytes> rules_of(const Links& links) {
  return {accept_rule<Kind>(links, true), accept_rule<Kind>(links, false)};
}

template <typename Kind>
bool are_last(const Blob<Kind>& blob, const std::vector<Bytes>& rules) {
  return std::all_of(rules.begin(), rules.end(),
                     [&](const Bytes& rule) { return blob.is_last(rule); });
}

template <typename Kind>
bool are_accepted_by(const Links& links) {
  const auto table = Table<Kind>::read(kFilter);
  return !table || are_last(table->blob, rules_of<Kind>(links));
}

template <typename Kind>
void change(const Links& links, bool wanted) {
  if (!Table<Kind>::read(kFilter)) return;
  const FileLock held = FileLock::wait_for(kLockFile, kLockLimit);
  const std::vector<Bytes> rules = rules_of<Kind>(links);
  for (int i = 0; i < kTries; ++i) {
    auto table = Table<Kind>::read(kFilter);
    if (!table || (wanted && are_last(table->blob, rules))) return;
    bool changed = wanted;
    for (const Bytes& rule : rules) {
      while (const auto present = table->blob.find(rule)) {
        table->blob.erase(*present, rule.size());
        changed = true;
      }
    }
    for (const Bytes& rule : rules) {
      if (wanted) table->blob.insert(rule);
    }
    if (!changed || table->replace(kFilter)) return;
  }
  throw Error(ErrorCode::kTryAgain, "table filter of iptables-legacy changes all the time");
}

}  // namespace

bool forward_drops() {
  const auto table = Table<Ip4>::read(kFilter);
  return table && table->blob.forward_drops();
}

bool masquerades() {
  const auto table = Table<Ip4>::read("nat");
  return table && table->blob.contains("MASQUERADE");
}

bool has_chain(const std::string& table, const std::string& chain, net::Family family) {
  const auto has = [&](const auto& found) { return found && found->blob.contains(chain); };
  return family == net::Family::kIpv4 ? has(Table<Ip4>::read(table)) : has(Table<Ip6>::read(table));
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
