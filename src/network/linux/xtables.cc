#include "xtables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <vector>

#include "azcni/base/file.h"
#include "azcni/base/unique_fd.h"

namespace azcni::network::xtables {
namespace {

/// A table as the kernel has it: entries one after another, and where those of a hook begin.
struct Table {
  ipt_getinfo info{};
  std::vector<char> entries;
};

bool is_in_use(const std::string& table) {
  const std::string names = file::read("/proc/net/ip_tables_names", 4096).value_or("");
  return ("\n" + names).find("\n" + table + "\n") != std::string::npos;
}

std::optional<Table> read(const std::string& name) {
  if (!is_in_use(name)) return std::nullopt;
  const UniqueFd socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  Table table;
  std::strncpy(table.info.name, name.c_str(), sizeof table.info.name - 1);
  socklen_t length = sizeof table.info;
  if (!socket || ::getsockopt(socket.get(), IPPROTO_IP, IPT_SO_GET_INFO, &table.info, &length) != 0)
    return std::nullopt;
  std::vector<char> answer(sizeof(ipt_get_entries) + table.info.size);
  ipt_get_entries request{};
  std::memcpy(request.name, table.info.name, sizeof request.name);
  request.size = table.info.size;
  std::memcpy(answer.data(), &request, sizeof request);
  length = static_cast<socklen_t>(answer.size());
  if (::getsockopt(socket.get(), IPPROTO_IP, IPT_SO_GET_ENTRIES, answer.data(), &length) != 0)
    return std::nullopt;
  table.entries.assign(answer.begin() + sizeof(ipt_get_entries), answer.end());
  return table;
}

}  // namespace

bool forward_drops() {
  const auto table = read("filter");
  if (!table) return false;
  // The policy is the last entry of the hook, and its target a verdict, coded as -verdict - 1.
  const std::size_t policy = table->info.underflow[NF_INET_FORWARD];
  ipt_entry entry{};
  if (policy + sizeof entry > table->entries.size()) return false;
  std::memcpy(&entry, table->entries.data() + policy, sizeof entry);
  xt_standard_target target{};
  if (policy + entry.target_offset + sizeof target > table->entries.size()) return false;
  std::memcpy(&target, table->entries.data() + policy + entry.target_offset, sizeof target);
  return target.verdict == -NF_DROP - 1;
}

bool masquerades() {
  const auto table = read("nat");
  if (!table) return false;
  const std::string raw(table->entries.begin(), table->entries.end());
  return raw.find("MASQUERADE") != std::string::npos;
}

}  // namespace azcni::network::xtables
