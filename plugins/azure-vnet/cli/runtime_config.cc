#include "runtime_config.h"

#include <algorithm>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/paths.h"

namespace azcni::vnet {
namespace {

bool is_config(const std::string& name) {
  return name.ends_with(".conflist") || name.ends_with(".conf") || name.ends_with(".json");
}

}  // namespace

std::vector<NodeConfig> read_node_configs(const std::string& folder) {
  std::vector<std::string> names = file::list(folder);
  std::erase_if(names, [](const std::string& name) { return !is_config(name); });
  std::sort(names.begin(), names.end());
  std::vector<NodeConfig> configs;
  for (const std::string& name : names) {
    NodeConfig config{folder + "/" + name, {}, nullptr, {}};
    try {
      config.text = file::read(config.path, cni::kMaxConfigBytes).value_or("");
      config.document = parse_json(config.text, config.path);
    } catch (const Error& error) {
      config.failure = error.what();
    }
    configs.push_back(std::move(config));
  }
  return configs;
}

std::vector<Json> plugins_of(const Json& document) {
  if (!document.is_object()) return {};
  const Json list = document.value("plugins", Json::array({document}));
  std::vector<Json> plugins;
  for (const Json& each : list) {
    if (!each.is_object()) continue;
    Json plugin = each;
    for (const char* key : {"name", "cniVersion"}) {
      if (document.contains(key)) plugin[key] = document.at(key);
    }
    plugins.push_back(std::move(plugin));
  }
  return plugins;
}

std::vector<Json> azure_networks(const std::string& folder) {
  std::vector<Json> networks;
  for (const NodeConfig& config : read_node_configs(folder)) {
    for (Json& plugin : plugins_of(config.document)) {
      if (plugin.value("type", Json()) == "azure-vnet") networks.push_back(std::move(plugin));
    }
  }
  return networks;
}

cni::Request gc_request(const Json& network, const std::vector<cni::Attachment>& valid) {
  Json config = network;
  config["cniVersion"] = "1.1.0";  // the first that has GC
  config[cni::kValidAttachments] = Json::array();
  for (const cni::Attachment& each : valid) {
    config[cni::kValidAttachments].push_back(
        {{"containerID", each.container_id}, {"ifname", each.if_name}});
  }
  const cni::Environment environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "CNI_COMMAND") return "GC";
    if (name == "CNI_PATH") return paths::program_folder();
    return std::nullopt;
  };
  return cni::parse_request(environment, config.dump());
}

}  // namespace azcni::vnet
