#pragma once

#include <string>
#include <vector>

#include "azcni/ipam/metadata.h"

/// What both formats say of NICs, as texts: what these should be is looked at for both alike.
namespace azcni::ipam {

struct AddressText {
  std::string address;
  std::string is_primary;
};

struct SubnetText {
  std::string prefix;
  std::vector<AddressText> addresses;
};

struct NicText {
  std::string mac;  ///< or "*", the first NIC of the machine
  std::string is_primary;
  std::vector<SubnetText> subnets;
};

/// What can be used of it. Throws Error(kMetadata) if there is no address in it, and something that
/// can't be read.
Metadata read_nics(const std::vector<NicText>& nics);

}  // namespace azcni::ipam
