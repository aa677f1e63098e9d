#include "sysctl.h"

#include "azcni/base/file.h"

namespace azcni::network::sysctl {
namespace {

std::string path_of(const std::string& name) { return "/proc/sys/net/" + name; }

}  // namespace

std::string read(const std::string& name) {
  std::string value = file::read(path_of(name), 4096).value_or("");
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

void set(const std::string& name, const std::string& value) {
  if (read(name) != value) file::write_existing(path_of(name), value);
}

}  // namespace azcni::network::sysctl
