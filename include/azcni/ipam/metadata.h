#pragma once

#include <optional>
#include <string>
#include <vector>

#include "azcni/base/http.h"
#include "azcni/net/address.h"

/// What Azure (or Azure Stack) says of the VM's NICs and their addresses.
namespace azcni::ipam {

struct SubnetMetadata {
  net::Prefix prefix;  ///< masked
  std::vector<net::IpAddress>
      addresses;  ///< for containers: the NIC's own, primary one is left out
};

struct NicMetadata {
  std::optional<net::MacAddress> mac;  ///< nothing: "*", the first NIC of the machine
  bool primary = false;
  std::vector<SubnetMetadata> subnets;
};

/// The wireserver's XML: Interfaces/Interface[@MacAddress @IsPrimary]/IPSubnet[@Prefix]/
/// IPAddress[@Address @IsPrimary]. Throws Error(kMetadata) for what is not that.
/// Addresses outside their prefix and repeated ones are skipped.
std::vector<NicMetadata> parse_wireserver(const std::string& xml);

/// The same from the file of an Azure Stack host agent: {"Interfaces": [{"MacAddress", "IsPrimary",
/// "IPSubnets": [{"Prefix", "IPAddresses": [{"Address", "IsPrimary"}]}]}]}.
std::vector<NicMetadata> parse_mas(const std::string& json);

/// GET and parse; throws Error(kMetadata) that names the URL and the reason.
std::vector<NicMetadata> fetch_wireserver(const http::Url& url, std::chrono::milliseconds limit);

/// Read and parse; throws Error(kMetadata) that names the file and the reason.
std::vector<NicMetadata> read_mas(const std::string& path);

}  // namespace azcni::ipam
