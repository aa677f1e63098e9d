#include "resolved.h"

#include <filesystem>
#include <sstream>
#include <vector>

#include "azcni/base/environment.h"
#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/base/subprocess.h"

namespace azcni::network::resolved {
namespace {

constexpr const char* kRuntimeFolder = "/run/systemd/resolve";
constexpr std::chrono::seconds kLimit{5};

std::string find_program() {
  std::istringstream folders(environment_variable("PATH").value_or("/usr/bin:/bin"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder + "/resolvectl", ignored))
      return folder + "/resolvectl";
  }
  throw Error(ErrorCode::kSystem, "find resolvectl: it is in no folder of PATH");
}

std::string resolvectl(const std::vector<std::string>& arguments) {
  const Subprocess::Exit exit =
      Subprocess({find_program(), arguments, environment_variables(), "", -1, kLimit}).wait();
  if (exit.status == 0 && !exit.timed_out) return exit.output;
  throw Error(ErrorCode::kSystem, "resolvectl " + arguments[0] + " " + arguments[1] +
                                      ": ended with status " + std::to_string(exit.status) + ": " +
                                      exit.output.substr(0, 200));
}

void copy(const std::string& what, const std::string& from, const std::string& to) {
  const std::vector<std::string> values = words_after_link(resolvectl({what, from}));
  if (values.empty()) return;
  std::vector<std::string> arguments{what, to};
  arguments.insert(arguments.end(), values.begin(), values.end());
  resolvectl(arguments);
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
