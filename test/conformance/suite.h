#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

/// The conformance table (cases.json) and what it needs to know of a plugin: a profile, a JSON file
/// like azure-vnet.json. Any CNI plugin can be run through it by a profile of its own.
namespace azcni::conformance {

using Json = nlohmann::json;

/// A plugin's environment, all of it that begins with "CNI_".
using Variables = std::vector<std::pair<std::string, std::string>>;

struct Reply {
  int status = 0;
  std::string text;
};

/// Where a profile's plugin runs.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual Reply run(const Variables& variables, const std::string& input) = 0;
  virtual std::string plugin_path() const = 0;  ///< CNI_PATH
  /// The container's network namespace, "" where the system has none of its own.
  virtual std::string make_sandbox() = 0;
  virtual void remove_sandbox() = 0;
};

/// One case at one version: its steps, with what the profile says of them.
struct Case {
  std::string name;
  std::string version;
  Json steps;
};

std::vector<Case> select_cases(const Json& table, const Json& profile);

/// Runs it, with GoogleTest's expectations, and leaves nothing attached.
void run_case(const Case& each, const Json& profile, Machine& machine);

}  // namespace azcni::conformance
