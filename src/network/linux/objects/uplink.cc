#include <sys/socket.h>  // before the kernel's header, which needs it

#include <linux/if.h>
#include <sys/ioctl.h>

#include "azcni/base/unique_fd.h"
#include "nic_bridge.h"
#include "objects.h"

namespace azcni::network {
namespace {

/// One cheap call of the host's.
bool has_ipv4_address(const std::string& link) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  link.copy(request.ifr_name, IFNAMSIZ - 1);
  return ::ioctl(socket.get(), SIOCGIFADDR, &request) == 0;
}

}  // namespace

bool is_there(const Uplink& uplink, Namespace& in) {
  const auto nic = in.find(uplink.nic);
  if (!nic || nic->mtu != uplink.mtu) return false;
  if (uplink.bridge.empty()) return true;
  const auto bridge = in.find(uplink.bridge);
  const bool has_mtu =
      bridge && (bridge->mtu == nic->mtu || !nic_bridge::is_ours(uplink.bridge, *bridge));
  return has_mtu && bridge->up && nic->master == bridge->index && !has_ipv4_address(uplink.nic);
}

std::string to_string(const Uplink& uplink) {
  const std::string mtu = " mtu " + std::to_string(uplink.mtu);
  if (uplink.bridge.empty()) return "ip link set " + uplink.nic + mtu;
  return "ip link set " + uplink.nic + " master " + uplink.bridge + mtu +
         "  # which has the host's addresses";
}

}  // namespace azcni::network
