#include "neighbours.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "azcni/base/environment.h"
#include "azcni/base/error.h"
#include "azcni/base/paths.h"
#include "azcni/base/subprocess.h"

namespace azcni::vnet {
namespace {

using Texts = std::vector<std::string>;

constexpr std::chrono::seconds kLimit{5};
constexpr const char* kOurs = "azure-vnet";

struct Plugin {
  Json config;
  std::string type;
  std::string name;  ///< with the file, if that is a drop-in
};

std::vector<Plugin> list(const NodeConfig& config) {
  std::vector<Plugin> plugins;
  for (Json& each : plugins_of(config.document)) {
    const Json type = each.value("type", Json());
    const std::string text = type.is_string() ? type.get<std::string>() : "";
    plugins.push_back({std::move(each), text, text});
  }
  const std::size_t inlined = plugins.size() - std::min(plugins.size(), config.drop_ins.size());
  for (std::size_t i = inlined; i < plugins.size(); ++i)
    plugins[i].name += " of " + config.drop_ins[i - inlined];
  return plugins;
}

bool has_capability(const Plugin& plugin, const char* capability) {
  const Json capabilities = plugin.config.value("capabilities", Json::object());
  return capabilities.is_object() && capabilities.value(capability, Json()) == true;
}

bool ours_has_capability(const std::vector<Plugin>& plugins, const char* capability) {
  return std::any_of(plugins.begin(), plugins.end(), [&](const Plugin& each) {
    return each.type == kOurs && has_capability(each, capability);
  });
}

/// What two plugins of a list both do is done twice, and fails for the second.
void check_capabilities(const std::vector<Plugin>& plugins, Texts& complaints) {
  for (const auto& [type, capability] :
       {std::pair{"portmap", "portMappings"}, std::pair{"bandwidth", "bandwidth"}}) {
    if (!ours_has_capability(plugins, capability)) continue;
    for (const Plugin& each : plugins) {
      if (each.type != type || !has_capability(each, capability)) continue;
      complaints.push_back(std::string(capability) + ": azure-vnet and " + each.name +
                           " would both do it; remove " + each.name + " or our capability");
    }
  }
}

/// Host and bridge lead to the MAC address of ADD.
void check_mac(const std::vector<Plugin>& plugins, Texts& complaints) {
  const auto ours = std::find_if(plugins.begin(), plugins.end(),
                                 [](const Plugin& each) { return each.type == kOurs; });
  for (auto each = ours; each != plugins.end(); ++each) {
    const Json mac = each->config.value("mac", Json());
    const bool sets_own = mac.is_string() && mac != "";
    const bool sets_asked = has_capability(*each, "mac") && !has_capability(*ours, "mac");
    if (each->type != "tuning" || (!sets_own && !sets_asked)) continue;
    complaints.push_back("mac: " + each->name +
                         " changes the MAC address behind azure-vnet, which cuts the pod off; give "
                         "azure-vnet the capability \"mac\" instead");
  }
}

/// All that a runtime may choose from.
std::set<std::string> offered_versions(const Json& document) {
  std::set<std::string> offered;
  const Json versions = document.value("cniVersions", Json::array());
  for (const Json& each : versions) {
    if (each.is_string()) offered.insert(each.get<std::string>());
  }
  const Json version = document.value("cniVersion", Json());
  if (version.is_string()) offered.insert(version.get<std::string>());
  return offered;
}

/// The plugin's file beside us; empty if there is none.
std::string find_program(const std::string& type) {
  if (type.empty() || type.find_first_of("/\\") != std::string::npos) return {};
  for (const std::string& name : paths::program_names(type)) {
    const std::string path = paths::program_folder() + "/" + name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return {};
}

/// None if it does not say.
std::optional<std::set<std::string>> spoken_versions(const std::string& program) try {
  Texts environment = environment_variables();
  std::erase_if(environment, [](const std::string& each) { return each.starts_with("CNI_"); });
  environment.push_back("CNI_COMMAND=VERSION");
  Subprocess child({program, {}, environment, R"({"cniVersion":"1.0.0"})", -1, kLimit});
  const Subprocess::Exit exit = child.wait();
  const Json reply = Json::parse(exit.output, nullptr, false);
  if (exit.status != 0 || !reply.is_object()) return std::nullopt;
  return reply.value("supportedVersions", std::set<std::string>());
} catch (const std::exception&) {
  return std::nullopt;
}

void check_versions(const NodeConfig& config, const std::vector<Plugin>& plugins,
                    Texts& complaints) {
  const std::set<std::string> offered = offered_versions(config.document);
  std::set<std::string> asked{kOurs, "azure-vnet-ipam"};  // delegate-version is about these
  for (const Plugin& each : plugins) {
    const Json ipam = each.config.value(Json::json_pointer("/ipam/type"), Json());
    for (const auto& type : {each.type, ipam.is_string() ? ipam.get<std::string>() : ""}) {
      if (!asked.insert(type).second) continue;
      const std::string program = find_program(type);
      const auto spoken = program.empty() ? std::nullopt : spoken_versions(program);
      if (!spoken) continue;
      std::string unspoken;
      for (const std::string& version : offered) {
        if (spoken->count(version) == 0) unspoken += (unspoken.empty() ? "" : ", ") + version;
      }
      if (unspoken.empty()) continue;
      complaints.push_back("cniVersions: " + program + " does not speak " + unspoken +
                           ": a runtime that chooses it can start no pod; leave it out, or "
                           "install a newer " +
                           type);
    }
  }
}

}  // namespace

Texts complaints_of_neighbours(const NodeConfig& config) {
  const std::vector<Plugin> plugins = list(config);
  Texts complaints;
  check_capabilities(plugins, complaints);
  check_mac(plugins, complaints);
  if (!azure_networks_of(config.document).empty()) check_versions(config, plugins, complaints);
  return complaints;
}

}  // namespace azcni::vnet
