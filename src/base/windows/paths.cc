#include "azcni/base/paths.h"

#include "azcni/base/windows.h"

namespace azcni::paths {

const char kListSeparator = ';';

// The Go plugins used the working directory, which was C:\Windows\System32 under some runtimes.
std::string state_folder(const std::string& plugin) { return "c:\\k\\" + plugin; }

std::string log_file(const std::string& plugin) { return "c:\\k\\" + plugin + ".log"; }

std::string config_folder() { return "c:\\k\\azurecni\\netconf"; }

std::string program_folder() {
  std::wstring path(32768, L'\0');
  path.resize(::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return to_utf8(path.substr(0, path.find_last_of(L'\\')));
}

std::string interfaces_file() { return "c:\\k\\interfaces.json"; }

std::vector<std::string> program_names(const std::string& program) {
  return {program + ".exe", program};
}

bool is_absolute(const std::string& path) {
  return path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

}  // namespace azcni::paths
