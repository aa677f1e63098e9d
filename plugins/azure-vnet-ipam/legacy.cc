#include "legacy.h"

namespace azcni::vnet_ipam {

bool is_legacy(const Json& document) { return document.contains("IPAM"); }

std::vector<ipam::Lease> legacy_leases(const Json& state) {
  std::vector<ipam::Lease> leases;
  const Json spaces = state.value(Json::json_pointer("/IPAM/AddressSpaces"), Json::object());
  for (const Json& space : spaces) {
    for (const Json& pool : space.value("Pools", Json::object())) {
      const auto subnet = net::parse_prefix(pool.value("Id", ""));
      if (!subnet) continue;
      for (const Json& record : pool.value("Addresses", Json::object())) {
        const auto address = net::parse_ip(record.value("Addr", ""));
        if (!address || !record.value("InUse", false)) continue;
        leases.push_back(
            {*address, *subnet, pool.value("IfName", ""), "", {record.value("ID", ""), ""}, ""});
      }
    }
  }
  return leases;
}

}  // namespace azcni::vnet_ipam
