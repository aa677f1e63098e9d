#pragma once

#include <string>
#include <utility>
#include <vector>

#include "azcni/cli/command_line.h"
#include "azcni/network/backend.h"

namespace azcni::vnet {

/// A container runtime of this node, and where it looks.
struct ContainerRuntime {
  std::string name;
  std::string file;  ///< that says so; empty if it goes by its defaults
  std::string config_folder;
  std::vector<std::string> plugin_folders;
};

/// Those that have a configuration or a socket here: containerd, that of k3s and rke2, CRI-O,
/// Nomad, podman if it uses CNI. `root` is before each path.
std::vector<ContainerRuntime> find_runtimes(const std::string& root = {});

/// The folder of network configurations that counts on this node: of a runtime if it has
/// azure-vnet in it, else the usual one if that has, else where the first runtime looks.
std::string find_config_folder(const std::vector<ContainerRuntime>& runtimes);

inline constexpr std::pair<const char*, const char*> kConfigFolderOption{
    "--conf-dir DIR",
    "where the runtime looks for network configurations, instead of what it says"};
/// As that option says, or as find_config_folder.
std::string config_folder_of(const cli::Invocation& invocation);

/// Links to the plugins of a folder, ours and loopback where it is missing, in the first folder of
/// each runtime that looks elsewhere. Returns their paths.
std::vector<std::string> link_plugins(const std::vector<ContainerRuntime>& runtimes,
                                      const std::string& folder);
/// Those of our plugins go.
std::vector<std::string> unlink_plugins(const std::vector<ContainerRuntime>& runtimes,
                                        const std::string& folder);

/// Runtimes that look for plugins, or for configurations, where ours are not. `config_folder`:
/// where ours are to be.
void check_runtimes(const std::vector<ContainerRuntime>& runtimes, const std::string& config_folder,
                    std::vector<network::Finding>& findings);

}  // namespace azcni::vnet
