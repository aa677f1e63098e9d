#include "resolved.h"

#include <filesystem>
#include <sstream>
#include <vector>

#include "azcni/base/log.h"
#include "manager_command.h"

namespace azcni::network::resolved {
namespace {

constexpr const char* kRuntimeFolder = "/run/systemd/resolve";
constexpr std::chrono::seconds kLimit{5};

void copy(const std::string& what, const std::string& from, const std::string& to) {
  const std::vector<std::string> values =
      words_after_link(run_manager_command("resolvectl", {what, from}, kLimit));
  if (values.empty()) return;
  std::vector<std::string> arguments{what, to};
  arguments.insert(arguments.end(), values.begin(), values.end());
  run_manager_command("resolvectl", arguments, kLimit);
}

}  // namespace

std::vector<std::string> words_after_link(const std::string& answer) {
  const std::size_t colon = answer.find("):");
  std::istringstream rest(colon == std::string::npos ? std::string() : answer.substr(colon + 2));
  std::vector<std::string> words;
  for (std::string word; rest >> word;) words.push_back(word);
  return words;
}

bool has_server(const std::string& state) { return state.find("SERVERS=") != std::string::npos; }

void copy_dns(const std::string& from, const std::string& to) noexcept {
  try {
    if (!std::filesystem::exists(kRuntimeFolder)) return;
    copy("dns", from, to);
    copy("domain", from, to);
  } catch (const std::exception& error) {
    log::warning("DNS of {} is not on {}: {}", from, to, error.what());
  }
}

}  // namespace azcni::network::resolved
