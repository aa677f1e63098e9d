#include "sysctl.h"

#include "azcni/base/log.h"
#include "objects.h"

namespace azcni::network {

void put(const Sysctl& sysctl, Namespace& in) {
  if (sysctl.name == "ipv6/conf/all/forwarding") return sysctl::forward_ipv6();  // the host's
  if (!sysctl.required && sysctl::is_read_only(sysctl.name)) {
    if (!is_there(sysctl, in))
      log::warning("{}: left out, /proc/sys is read-only", to_string(sysctl));
    return;
  }
  in.set_sysctl(sysctl.name, sysctl.value);
}

bool is_there(const Sysctl& sysctl, Namespace& in) {
  const std::string value = in.read_sysctl(sysctl.name);
  return value.empty() || value == sysctl.value ||  // a kernel without IPv6 has no such parameter
         (!sysctl.required && sysctl::is_read_only(sysctl.name));
}

std::string to_string(const Sysctl& sysctl) {
  // As in sysctl(8): an interface's name may have dots, so slashes stay.
  return "sysctl -w net/" + sysctl.name + "=" + sysctl.value;
}

}  // namespace azcni::network
