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
      addresses;                         ///< for containers: the NIC's own, primary one is left out
  std::vector<net::Prefix> blocks = {};  ///< whose addresses are all for containers; masked
};

struct NicMetadata {
  std::optional<net::MacAddress> mac;  ///< nothing: "*", the first NIC of the machine
  bool primary = false;
  std::vector<SubnetMetadata> subnets;
  std::string name = {};  ///< of the interface; empty: whatever it is called
};

/// An entry that can't be used costs no other.
struct Metadata {
  std::vector<NicMetadata> nics;
  std::string skipped;    ///< which entries are left out, and why, in one line; empty: none is
  bool has_gaps = false;  ///< some of them can't be read: what they stand for is unknown
};

/// The wireserver's XML: Interfaces/Interface[@MacAddress @IsPrimary]/IPSubnet[@Prefix]/
/// IPAddress[@Address @IsPrimary]. Throws Error(kMetadata) for what is not that, or has no address
/// and something that can't be read. An Address with a length is a block. Left out is what is
/// outside of its prefix and, unsaid, what is repeated.
Metadata parse_wireserver(const std::string& xml);

/// The same from the file of an Azure Stack host agent: {"Interfaces": [{"MacAddress", "IsPrimary",
/// "IPSubnets": [{"Prefix", "IPAddresses": [{"Address", "IsPrimary"}]}]}]}.
Metadata parse_mas(const std::string& json);

/// GET and parse; throws Error(kMetadata) that names the URL and the reason.
Metadata fetch_wireserver(const http::Url& url, std::chrono::milliseconds limit);

/// Read and parse; throws Error(kMetadata) that names the file and the reason.
Metadata read_mas(const std::string& path);

}  // namespace azcni::ipam
