#pragma once

#include <optional>
#include <string>
#include <vector>

#include "azcni/cni/request.h"
#include "azcni/net/address.h"
#include "azcni/network/backend.h"

namespace azcni::vnet {

/// The configuration of azure-vnet, checked. Fields of the Go plugin that only Windows or a cloud
/// service of its own uses are accepted and have no place here (docs/configuration.md lists them).
struct Config {
  network::NetworkSpec network;      ///< master empty: the NIC that holds the pool's subnet
  cni::Dns dns;                      ///< instead of what IPAM says, if not empty
  bool dns_is_of_container = false;  ///< it came from the runtime, for this container alone
  std::vector<cni::Route> routes;    ///< of containers, beside IPAM's
  network::EndpointOptions endpoint;
};

/// Checks every documented field. Throws Error(kInvalidConfig), naming the field and what was
/// expected, or Error(kUnsupportedField) for multitenancy.
Config parse_config(const cni::Request& request);

/// The MAC address that the container shall have: runtimeConfig.mac, else MAC= of CNI_ARGS. Nothing
/// if there is none, or no MAC address of an interface: parse_config() complains of that.
std::optional<net::MacAddress> requested_mac(const cni::Request& request);

/// windowsSettings.hnsTimeoutDurationInSeconds; readable even where the rest is not, for DEL.
network::BackendOptions parse_backend_options(const cni::Request& request);

}  // namespace azcni::vnet
