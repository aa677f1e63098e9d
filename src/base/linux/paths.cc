#include "azcni/base/paths.h"

#include <filesystem>

namespace azcni::paths {

const char kListSeparator = ':';

std::string state_folder(const std::string& plugin) { return "/var/run/" + plugin; }

// One log for both plugins, as the documentation of the Go plugins has it.
std::string log_file(const std::string&) { return "/var/log/azure-vnet.log"; }

std::string config_folder() { return "/etc/cni/net.d"; }

std::string program_folder() {
  std::error_code no_proc;  // while an image is built, say
  return std::filesystem::read_symlink("/proc/self/exe", no_proc).parent_path().string();
}

std::string interfaces_file() { return "/etc/kubernetes/interfaces.json"; }

std::vector<std::string> program_names(const std::string& program) { return {program}; }

bool is_absolute(const std::string& path) { return !path.empty() && path[0] == '/'; }

}  // namespace azcni::paths
