#include "side.h"

namespace azcni::network::nft {

std::string Side::set(const std::string& stem) const {
  return stem + (family == net::Family::kIpv4 ? "4" : "6");
}

std::vector<net::Prefix> Side::of(const std::vector<net::Prefix>& prefixes) const {
  std::vector<net::Prefix> found;
  for (const net::Prefix& each : prefixes) {
    if (each.address.family() == family) found.push_back(each);
  }
  return found;
}

std::vector<net::Prefix> Side::of(const std::vector<net::IpAddress>& addresses) const {
  std::vector<net::Prefix> all;
  for (const net::IpAddress& each : addresses) all.push_back(net::Prefix::single(each));
  return of(all);
}

}  // namespace azcni::network::nft
