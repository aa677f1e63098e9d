#pragma once

#include <functional>
#include <memory>
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
  /// What the plugin has recorded is some minutes older from now on.
  virtual void age() = 0;
};

/// A new machine for each case, or the same one made new.
using MachineMaker = std::function<std::unique_ptr<Machine>(const std::string& plugin)>;

/// Runs every case that the profile's plugin is a subject of, as GoogleTest's tests of the suite
/// "<plugin><suffix>"; returns what main() returns.
int run_all(const Json& table, const Json& profile, const std::string& suffix,
            const MachineMaker& make_machine);

Json read_json(const std::string& path);

}  // namespace azcni::conformance
