#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "objects.h"

namespace azcni::network {
namespace {

net::NetlinkMessage hairpin_message(unsigned port, bool on) {
  net::NetlinkMessage message(RTM_SETLINK, 0,
                              ifinfomsg{AF_BRIDGE, 0, 0, static_cast<int>(port), 0, 0});
  const std::uint8_t value = on ? 1 : 0;
  message.nest(IFLA_PROTINFO | NLA_F_NESTED,
               [&] { message.put(IFLA_BRPORT_MODE, &value, sizeof value); });
  return message;
}

}  // namespace

void append_creation(const BridgePort& port, Namespace& in, Messages& messages) {
  messages.push_back(master_message(in.index(port.link), in.index(port.bridge)));
  messages.push_back(hairpin_message(in.index(port.link), port.hairpin));
}

void append_removal(const BridgePort& port, Namespace& in, Messages& messages) {
  const auto link = in.find(port.link);
  if (link && link->master != 0) messages.push_back(hairpin_message(link->index, false));
}

bool is_there(const BridgePort& port, Namespace& in) {
  const auto bridge = in.find(port.bridge);
  const auto link = in.find(port.link);
  return bridge && link && link->master == bridge->index && link->hairpin == port.hairpin;
}

std::string to_string(const BridgePort& port) {
  return "ip link set " + port.link + " master " + port.bridge + " type bridge_slave hairpin " +
         (port.hairpin ? "on" : "off");
}

}  // namespace azcni::network
