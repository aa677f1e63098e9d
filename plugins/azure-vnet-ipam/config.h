#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/http.h"
#include "azcni/cni/request.h"
#include "azcni/ipam/metadata.h"
#include "azcni/net/address.h"

namespace azcni::vnet_ipam {

/// Where the node's addresses are learned: `ipam.environment`.
enum class Source {
  kWireserver,  ///< "azure"
  kAzureStack,  ///< "mas", "fileIpam"
  kStatic,      ///< "static": the configuration itself
  kNone,        ///< "null": nowhere
};

/// The object `ipam` of the configuration, checked.
struct Config {
  Source source = Source::kWireserver;
  http::Url url;                       ///< queryUrl
  std::string file;                    ///< of kAzureStack
  ipam::Metadata nics;                 ///< of kStatic
  std::chrono::milliseconds interval;  ///< queryInterval: between two queries, on the whole node
  std::chrono::milliseconds timeout;   ///< queryTimeout: of one query
  std::vector<net::Family> families;   ///< ipFamilies: one address of each
  std::string master;  ///< NIC whose pools are used, the pod's wish included; empty: any
  std::optional<net::Prefix> subnet;  ///< pool to be used
  std::vector<net::Prefix> kept_out;  ///< exclude: never handed out
  std::vector<net::IpAddress> requested;
  bool full_is_unavailable = false;  ///< statusWhenFull: STATUS fails when all addresses are leased
};

/// Throws Error(kInvalidConfig) that names the field and what was expected.
Config parse_config(const cni::Request& request);

std::string default_data_folder();

/// `ipam.dataDir`; readable even where the rest of the configuration is not, for DEL.
std::string data_folder(const cni::Request& request);

/// `ipam.cooldown`, or what it is by default; readable as `dataDir` is.
std::chrono::seconds cooldown(const cni::Request& request);

/// `ipam.ipAddress`, if it is there and valid: DEL must not fail for it.
std::optional<net::IpAddress> named_address(const cni::Request& request);

}  // namespace azcni::vnet_ipam
