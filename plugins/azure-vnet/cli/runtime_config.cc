#include "runtime_config.h"

#include <algorithm>
#include <filesystem>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/paths.h"

namespace azcni::vnet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";

bool is_config(const std::string& name) {
  return name.ends_with(".conflist") || name.ends_with(".conf") || name.ends_with(".json");
}

Json parse_file(const std::string& text, const std::string& path) {
  if (text.starts_with(kByteOrderMark))
    throw Error(ErrorCode::kDecoding, path + " begins with a byte order mark: no runtime reads it");
  return parse_json(text, path);
}

void add_drop_ins(NodeConfig& config) {
  Json& list = config.document;
  if (!list.is_object() || !list.value("plugins", Json()).is_array() ||
      !list.value("name", Json()).is_string() ||
      list.value("loadOnlyInlinedPlugins", Json()) == true)
    return;
  const fs::path folder = fs::path(config.path).parent_path() / list["name"].get<std::string>();
  std::vector<std::string> names = file::list(folder.string());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!name.ends_with(".conf")) continue;
    const std::string path = (folder / name).string();
    const std::string text = file::read(path, cni::kMaxConfigBytes).value_or("");
    list["plugins"].push_back(parse_file(text, path));
    config.drop_ins.push_back(path);
  }
}

/// What it is instead; empty if it is a file.
std::string no_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return "a directory, no file";
  if (fs::exists(path, ignored)) return "";
  return fs::is_symlink(path, ignored) ? "a link that leads nowhere" : "no such file";
}

}  // namespace

NodeConfig parse_node_config(const std::string& path, std::string text) {
  NodeConfig config{path, std::move(text), nullptr, {}};
  try {
    config.document = parse_file(config.text, path);
    add_drop_ins(config);
  } catch (const Error& error) {
    config.failure = error.what();
  }
  return config;
}

NodeConfig read_node_config(const std::string& path) {
  NodeConfig config{path, {}, nullptr, no_file(path)};
  config.is_file = config.failure.empty();
  if (!config.is_file) return config;
  try {
    return parse_node_config(path, file::read(path, cni::kMaxConfigBytes).value_or(""));
  } catch (const Error& error) {
    config.failure = error.what();
    return config;
  }
}

std::vector<NodeConfig> read_node_configs(const std::string& folder) {
  std::vector<std::string> names = file::list(folder);
  std::erase_if(names, [](const std::string& name) { return !is_config(name); });
  std::sort(names.begin(), names.end());
  std::vector<NodeConfig> configs;
  for (const std::string& name : names) configs.push_back(read_node_config(folder + "/" + name));
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

std::vector<Json> azure_networks_of(const Json& document) {
  std::vector<Json> networks;
  for (Json& plugin : plugins_of(document)) {
    for (const Json& delegate : plugin.value("delegates", Json::array())) {
      for (Json& network : azure_networks_of(delegate)) networks.push_back(std::move(network));
    }
    if (plugin.value("type", Json()) == "azure-vnet") networks.push_back(std::move(plugin));
  }
  return networks;
}

std::vector<Json> azure_networks(const std::string& folder) {
  std::vector<Json> networks;
  for (const NodeConfig& config : read_node_configs(folder)) {
    for (Json& network : azure_networks_of(config.document)) networks.push_back(std::move(network));
  }
  return networks;
}

bool leads_to(const NodeConfig& first, const NodeConfig& ours) {
  if (first.path == ours.path || !azure_networks_of(first.document).empty()) return true;
  const std::vector<Json> plugins = plugins_of(first.document);
  return std::any_of(plugins.begin(), plugins.end(), [&](const Json& plugin) {
    const Json type = plugin.value("type", Json()), name = plugin.value("clusterNetwork", Json());
    if (!type.is_string() || !type.get<std::string>().starts_with("multus") || !name.is_string())
      return false;
    // By its name, or by the file as Multus' own container sees it.
    return name == ours.document.value("name", Json()) ||
           fs::path(name.get<std::string>()).filename() == fs::path(ours.path).filename();
  });
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
