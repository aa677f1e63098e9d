#include "sysctl.h"

#include <unistd.h>

#include <cerrno>

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

bool is_read_only(const std::string& name) {
  return ::access(path_of(name).c_str(), W_OK) != 0 && errno == EROFS;
}

void forward_ipv6() {
  constexpr const char* kForward = "ipv6/conf/all/forwarding";
  if (read(kForward) == "1") return;
  for (const std::string& interface : file::list(path_of("ipv6/conf"))) {
    const std::string accept_ra = "ipv6/conf/" + interface + "/accept_ra";
    if (interface != "default" && read(accept_ra) == "1") set(accept_ra, "2");
  }
  set(kForward, "1");
}

}  // namespace azcni::network::sysctl
