#pragma once

#include <string>
#include <vector>

#include "types.h"

namespace azcni::network::nft {

/// What rules of the two address families differ in. Sets of a table are twins: "pods4", "pods6".
struct Side {
  net::Family family;
  Type address;
  Field source;
  Field destination;

  std::string set(const std::string& stem) const;
  /// Those of this family.
  std::vector<net::Prefix> of(const std::vector<net::Prefix>& prefixes) const;
  std::vector<net::Prefix> of(const std::vector<net::IpAddress>& addresses) const;
};

inline constexpr Side kSides[] = {{net::Family::kIpv4, Type::kIp4, kIp4Source, kIp4Destination},
                                  {net::Family::kIpv6, Type::kIp6, kIp6Source, kIp6Destination}};

inline const Side& side_of(const net::IpAddress& address) {
  return kSides[address.is_ipv4() ? 0 : 1];
}

}  // namespace azcni::network::nft
