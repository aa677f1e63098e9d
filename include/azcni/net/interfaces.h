#pragma once

#include <optional>
#include <string>
#include <vector>

#include "azcni/net/address.h"

namespace azcni::net {

/// A network interface of the host.
struct Interface {
  std::string name;
  MacAddress mac;
  unsigned index = 0;
  std::string kind;       ///< "veth", "bridge", …; empty for hardware
  unsigned bridge = 0;    ///< index of the bridge that it is a port of; 0: of none
  bool enslaved = false;  ///< below something else: an SR-IOV function below its synthetic NIC, say
};

/// All interfaces, by index: a dump, not for the hot path.
std::vector<Interface> list_interfaces();

/// The NIC that an interface stands for. On Windows "vEthernet (Ethernet)" is the host's end of the
/// switch on "Ethernet": it appears, with the NIC's MAC address, in its place.
std::string nic_name(const std::string& interface);

/// True for what Linux takes as the name of an interface, and as nothing else: with a '%' it is a
/// template, and "all" and "default" are folders of its settings.
bool is_interface_name(const std::string& name);

/// True for what can be the VM's NIC: never a bridge, a veth, or a link below another NIC, whose
/// MAC address it has.
bool can_be_nic(const Interface& interface);

/// True where a network of azure-vnet is of several NICs: one of HNS is of one.
bool networks_span_nics();

/// The NIC that holds an address within `subnet`, or whose bridge does: by lowest index.
std::optional<Interface> find_interface_in(const Prefix& subnet);

/// The NIC that the host's best default route of IPv4 leads through, or below the bridge that it
/// leads through.
std::optional<Interface> find_default_interface();

/// Who has this very address already, as the routing table sees it: "a host route to azv0123" or
/// "an address of eth0"; nothing if traffic to it would just follow a wider route.
std::optional<std::string> find_user_of(const IpAddress& address);

/// A veth of the host whose other end is in another network namespace, and what is there.
struct VethPair {
  std::string link;  ///< the host's end
  MacAddress mac;
  std::string peer;  ///< the other end
  MacAddress peer_mac;
  std::vector<IpAddress> addresses;  ///< of the other end, link-local ones apart
  unsigned mtu = 0;                  ///< the host's end's
};

/// All of them. The kernel is asked by the link, so no path of the other namespace is needed (Linux
/// 4.20; an older one tells none): dumps, not for the hot path.
std::vector<VethPair> list_veth_pairs();

}  // namespace azcni::net
