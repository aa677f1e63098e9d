#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/net/address.h"
#include "azcni/net/route_metrics.h"

namespace azcni::cni {

struct Interface {
  std::string name;
  std::optional<net::MacAddress> mac;
  std::string sandbox;  ///< path of the network namespace; empty: the host's
  // From version 1.1.0 on:
  std::optional<std::uint32_t> mtu = {};
  std::string socket_path = {};
  std::string pci_id = {};
};

struct IpConfig {
  net::Prefix address;
  std::optional<net::IpAddress> gateway;
  std::optional<std::size_t> interface;  ///< index into Result::interfaces
};

struct Route {
  net::Prefix destination;
  std::optional<net::IpAddress> gateway;
  net::RouteMetrics metrics = {};  ///< from version 1.1.0 on
};

struct Dns {
  std::vector<std::string> nameservers;
  std::string domain;
  std::vector<std::string> search;
  std::vector<std::string> options;

  bool empty() const {
    return nameservers.empty() && domain.empty() && search.empty() && options.empty();
  }
};

/// The key of a result of azure-vnet-ipam that names the NIC which the addresses are of.
inline constexpr const char* kNic = "azure-vnet/nic";

/// What ADD answers, whatever the version. An IPAM plugin's has no interfaces.
struct Result {
  std::vector<Interface> interfaces;
  std::vector<IpConfig> ips;
  std::vector<Route> routes;
  Dns dns;
  std::string nic = {};  ///< kNic; empty: not known
};

/// The document in the form of `version`, which must be a supported one: ip4 and ip6 up to 0.2.0,
/// lists with ips[].version from 0.3.0, without it from 1.0.0, more of
/// interfaces and routes from 1.1.0 (SPEC.md of each tag, "Result"). What a version has no place
/// for is left out.
Json to_json(const Result& result, std::string_view version);

/// Reads any of these forms. Errors name the field, below `path`.
Result parse_result(const Json& document, const std::string& path);

/// The same of an IPAM plugin's. It knows no interfaces: those that some name, and what they say of
/// them (0, or -1 for none), mean nothing.
Result parse_ipam_result(const Json& document, const std::string& path);

/// routes of a configuration or a result, with their destinations masked.
std::vector<Route> parse_routes(const Fields& owner);

/// dns of a configuration or a result.
Dns parse_dns(const Fields& dns);

}  // namespace azcni::cni
