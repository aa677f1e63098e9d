#pragma once

#include <optional>
#include <string>
#include <vector>

#include "azcni/cni/request.h"
#include "azcni/net/address.h"
#include "azcni/network/backend.h"

namespace azcni::vnet {

/// A container's port on the host, of the capability portMappings.
struct PortMapping {
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  std::string protocol;  ///< "tcp", "udp" or "sctp"
  std::string host_ip;
};

/// The configuration of azure-vnet, checked. Fields of the Go plugin that only Windows or a cloud
/// service of its own uses are accepted and have no place here (docs/configuration.md lists them).
struct Config {
  std::string network;
  network::Mode mode = network::Mode::kTunnel;
  std::string master;  ///< empty: the NIC that holds the pool's subnet
  std::string bridge;  ///< empty: azure<index of the master>
  std::vector<net::IpAddress> ips_to_route_via_host;
  std::vector<net::Prefix> vnet_cidrs;
  bool hairpin_on_host_interface = true;
  cni::Dns dns;  ///< instead of what IPAM says, if not empty
  std::vector<PortMapping> port_mappings;
};

/// Checks every documented field. Throws Error(kInvalidConfig), naming the field and what was
/// expected, or Error(kUnsupportedField) for multitenancy.
Config parse_config(const cni::Request& request);

}  // namespace azcni::vnet
