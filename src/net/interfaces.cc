#include "azcni/net/interfaces.h"

#include <algorithm>

namespace azcni::net {

bool is_interface_name(const std::string& name) {
  constexpr std::size_t kMaxLength = 15;
  const auto refused = [](char c) {
    return c == '/' || c == ':' || c == '%' || (c >= 0 && c <= ' ');
  };
  return !name.empty() && name.size() <= kMaxLength && name != "." && name != ".." &&
         name != "all" && name != "default" && std::none_of(name.begin(), name.end(), refused);
}

bool can_be_nic(const Interface& interface) {
  return !interface.enslaved && interface.kind != "bridge" && interface.kind != "veth" &&
         interface.name != "lo";
}

}  // namespace azcni::net
