#include "runtimes.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/paths.h"
#include "runtime_config.h"
#include "settings.h"

namespace azcni::vnet {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

constexpr std::size_t kMaxFile = 1 << 20;
constexpr const char* kUsualPlugins = "/opt/cni/bin";

/// How a runtime is recognized and read.
struct Kind {
  const char* name;
  Texts files;          ///< "DIR/*.toml": all of these; what comes later counts
  Texts sockets;        ///< of one that goes by its defaults
  const char* configs;  ///< how the name of the setting ends
  Texts plugins;        ///< the same
  const char* config_folder = "/etc/cni/net.d";
  Texts plugin_folders = {kUsualPlugins};
  Setting required = {};  ///< without it CNI is not used
};

const std::vector<Kind>& kinds() {
  static const char* const configs = ".cni.conf_dir";
  static const Texts plugins{".cni.bin_dir", ".cni.bin_dirs"};
  static const std::vector<Kind> all{
      {"containerd",
       {"/etc/containerd/config.toml"},
       {"/run/containerd/containerd.sock"},
       configs,
       plugins},
      {"k3s", {"/var/lib/rancher/k3s/agent/etc/containerd/config.toml"}, {}, configs, plugins},
      {"rke2", {"/var/lib/rancher/rke2/agent/etc/containerd/config.toml"}, {}, configs, plugins},
      {"CRI-O",
       {"/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*.conf"},
       {"/run/crio/crio.sock"},
       "crio.network.network_dir",
       {"crio.network.plugin_dir", "crio.network.plugin_dirs"}},
      {"Nomad",
       {"/etc/nomad.d/*.hcl"},
       {},
       "cni_config_dir",
       {"cni_path"},
       "/opt/cni/config",
       {kUsualPlugins}},
      {"podman",
       {"/usr/share/containers/containers.conf", "/etc/containers/containers.conf",
        "/etc/containers/containers.conf.d/*.conf"},
       {},
       "network.network_config_dir",
       {"network.cni_plugin_dirs"},
       "/etc/cni/net.d",
       {"/usr/local/libexec/cni", "/usr/libexec/cni", "/usr/local/lib/cni", "/usr/lib/cni",
        kUsualPlugins},
       {"network.network_backend", {"cni"}}}};
  return all;
}

/// The files of a pattern, in their order.
Texts files_of(const std::string& pattern) {
  const fs::path path(pattern);
  if (!path.filename().string().starts_with('*')) return {pattern};
  Texts files;
  for (const std::string& name : file::list(path.parent_path().string())) {
    if (fs::path(name).extension() == path.extension())
      files.push_back((path.parent_path() / name).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string without_slash(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

/// Nomad has a list as one text.
Texts folders_of(const Texts& texts) {
  Texts folders;
  for (const std::string& text : texts) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(':', begin), text.size());
      folders.push_back(without_slash(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  return folders;
}

/// What the files of a runtime say, and those that they import.
class Reader {
 public:
  Reader(const Kind& kind, const std::string& root)
      : kind_(kind), root_(root), runtime_{kind.name, {}, kind.config_folder, kind.plugin_folders} {
    for (const std::string& pattern : kind.files) read(root + pattern);
  }

  bool is_there() const {
    const bool listens =
        std::any_of(kind_.sockets.begin(), kind_.sockets.end(), [&](const std::string& socket) {
          std::error_code ignored;
          return fs::exists(root_ + socket, ignored);
        });
    return (has_file_ || listens) && uses_cni_ && (has_required_ || kind_.required.name.empty());
  }
  const ContainerRuntime& runtime() const { return runtime_; }

 private:
  void read(const std::string& pattern) {
    for (const std::string& path : files_of(pattern)) {
      const auto text = file::read(path, kMaxFile);
      if (!text || !read_.insert(path).second) continue;
      has_file_ = true;
      for (const Setting& each : parse_settings(*text)) take(each, path);
    }
  }

  void take(const Setting& setting, const std::string& path) {
    const std::string name = "." + setting.name;
    const auto is_it = [&](const std::string& end) { return name.ends_with(end); };
    if (setting.name == "imports") {
      for (const std::string& each : setting.texts) read(root_ + each);
    } else if (setting.name == "disabled_plugins") {
      uses_cni_ = std::none_of(setting.texts.begin(), setting.texts.end(),
                               [](const std::string& each) { return each.ends_with("cri"); });
    } else if (setting.name == kind_.required.name) {
      has_required_ = setting.texts == kind_.required.texts;
    } else if (is_it(kind_.configs) && !setting.texts.empty()) {
      runtime_.config_folder = without_slash(setting.texts.front());
      runtime_.file = path;
    } else if (std::any_of(kind_.plugins.begin(), kind_.plugins.end(), is_it) &&
               !folders_of(setting.texts).empty()) {
      runtime_.plugin_folders = folders_of(setting.texts);
      runtime_.file = path;
    }
  }

  const Kind& kind_;
  std::string root_;
  ContainerRuntime runtime_;
  std::set<std::string> read_;  ///< files may import each other
  bool has_file_ = false;
  bool uses_cni_ = true;  ///< of containerd, which Docker uses without
  bool has_required_ = false;
};

/// A link in place of whatever is there by that name.
void put_link(const std::string& target, const std::string& link) {
  const std::string draft = link + ".azure-vnet-new";
  file::remove(draft);
  fs::create_symlink(target, draft);
  fs::rename(draft, link);
}

bool has_azure_vnet(const std::string& folder) {
  const auto names = paths::program_names("azure-vnet");
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    std::error_code ignored;
    return fs::exists(folder + "/" + name, ignored);
  });
}

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& each : texts) all += (all.empty() ? "" : ", ") + each;
  return all;
}

/// "containerd (/etc/containerd/config.toml)"
std::string label_of(const ContainerRuntime& runtime) {
  return runtime.name + " (" + (runtime.file.empty() ? "its default" : runtime.file) + ")";
}

}  // namespace

std::vector<ContainerRuntime> find_runtimes(const std::string& root) {
  std::vector<ContainerRuntime> runtimes;
  for (const Kind& kind : kinds()) {
    const Reader reader(kind, root);
    if (reader.is_there()) runtimes.push_back(reader.runtime());
  }
  return runtimes;
}

std::string find_config_folder(const std::vector<ContainerRuntime>& runtimes) {
  const std::string usual = paths::config_folder();
  for (const ContainerRuntime& each : runtimes) {
    if (!azure_networks(each.config_folder).empty()) return each.config_folder;
  }
  if (runtimes.empty() || !azure_networks(usual).empty()) return usual;
  return runtimes.front().config_folder;
}

std::string config_folder_of(const cli::Invocation& invocation) {
  const std::string given = invocation.option("--conf-dir", "");
  return given.empty() ? find_config_folder(find_runtimes()) : without_slash(given);
}

Texts link_plugins(const std::vector<ContainerRuntime>& runtimes, const std::string& folder) {
  Texts links;
  const auto put = [&](const std::string& name, const std::string& there) {
    const std::string target = folder + "/" + name, link = there + "/" + name;
    std::error_code ignored;
    const bool is_there = fs::read_symlink(link, ignored) == target;
    if (is_there || !fs::exists(target, ignored)) return;
    if (name == "loopback" && fs::exists(link, ignored)) return;
    put_link(target, link);
    links.push_back(link);
  };
  for (const ContainerRuntime& each : runtimes) {
    const Texts& folders = each.plugin_folders;
    if (std::find(folders.begin(), folders.end(), folder) != folders.end()) continue;
    try {
      fs::create_directories(folders.front());
      for (const char* name : {"azure-vnet", "azure-vnet-ipam", "loopback"})
        put(name, folders.front());
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorCode::kSystem,
                  std::string("link the plugins where ") + each.name + " looks: " + error.what(),
                  "let it look in " + folder);
    }
  }
  return links;
}

Texts unlink_plugins(const std::vector<ContainerRuntime>& runtimes, const std::string& folder) {
  Texts links;
  for (const ContainerRuntime& each : runtimes) {
    for (const char* name : {"azure-vnet", "azure-vnet-ipam"}) {
      const std::string link = each.plugin_folders.front() + "/" + name;
      std::error_code ignored;
      if (fs::read_symlink(link, ignored) != folder + "/" + name) continue;
      file::remove(link);
      links.push_back(link);
    }
  }
  return links;
}

void check_runtimes(const std::vector<ContainerRuntime>& runtimes, const std::string& config_folder,
                    std::vector<network::Finding>& findings) {
  bool is_read = runtimes.empty();
  for (const ContainerRuntime& each : runtimes) {
    if (each.config_folder != config_folder) continue;
    is_read = true;
    const Texts& folders = each.plugin_folders;
    if (std::any_of(folders.begin(), folders.end(), has_azure_vnet)) continue;
    findings.push_back({"plugins-elsewhere",
                        label_of(each) + " looks for plugins in " + joined(folders) +
                            ", and azure-vnet is in " + paths::program_folder(),
                        "azure-vnet runtimes --link",
                        [each] { link_plugins({each}, paths::program_folder()); }});
  }
  if (is_read) return;
  for (const ContainerRuntime& each : runtimes) {
    findings.push_back({"config-elsewhere",
                        label_of(each) + " looks for network configurations in " +
                            each.config_folder + ", and ours are in " + config_folder,
                        "install-cni-plugin.sh --package FILE --conf-dir " + each.config_folder});
  }
}

}  // namespace azcni::vnet
