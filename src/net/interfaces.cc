#include "azcni/net/interfaces.h"

namespace azcni::net {

bool can_be_nic(const Interface& interface) {
  return !interface.enslaved && interface.kind != "bridge" && interface.kind != "veth" &&
         interface.name != "lo";
}

}  // namespace azcni::net
