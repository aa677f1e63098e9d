#pragma once

#include <set>
#include <string>

#include "azcni/ipam/metadata.h"

namespace azcni::ipam {

/// One subnet under construction, with the rules that both formats share.
class SubnetBuilder {
 public:
  /// Throws Error(kMetadata) unless `prefix` is a CIDR.
  explicit SubnetBuilder(const std::string& prefix);

  /// Takes it, unless it is the NIC's own, lies outside the prefix or was there before. Throws
  /// Error(kMetadata) unless `address` is an IP address.
  void add(const std::string& address, bool is_primary);

  SubnetMetadata take() { return std::move(subnet_); }

 private:
  SubnetMetadata subnet_;
  std::set<net::IpAddress> seen_;
};

/// "000D3A6E1825", with separators or without, or "*" for the first NIC. Throws Error(kMetadata).
std::optional<net::MacAddress> parse_metadata_mac(const std::string& text);

}  // namespace azcni::ipam
