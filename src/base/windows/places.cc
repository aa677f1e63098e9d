#include "azcni/base/places.h"

namespace azcni::places {

const char kListSeparator = ';';

// The Go plugins used the working directory, which was C:\Windows\System32 under some runtimes.
std::string state_folder(const std::string& plugin) { return "c:\\k\\" + plugin; }

std::string log_file(const std::string& plugin) { return "c:\\k\\" + plugin + ".log"; }

std::string interfaces_file() { return "c:\\k\\interfaces.json"; }

std::vector<std::string> program_names(const std::string& program) {
  return {program + ".exe", program};
}

bool is_absolute(const std::string& path) {
  return path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

}  // namespace azcni::places
