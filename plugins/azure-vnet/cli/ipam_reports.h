#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "azcni/base/json.h"

/// The azure-vnet-ipam beside us, asked as a person would ask it. It may be of another version:
/// what it does not tell is empty or 0 here, and what it tells besides is ignored.
namespace azcni::vnet {

struct IpamPool {
  std::string interface, subnet, taken_by;
  std::uint64_t total = 0, used = 0, free = 0, resting = 0, withdrawn = 0, taken = 0;
};

struct IpamQuery {
  std::string source;
  std::uint64_t seconds_ago = 0;
  std::string failure, skipped;
};

struct IpamPools {
  std::string version;
  std::vector<IpamPool> pools;
  std::vector<IpamQuery> queries;
  Json document;  ///< as it came
};

struct IpamLease {
  std::string address, network, container_id, if_name;
};

struct IpamLeases {
  std::vector<IpamLease> leases;
  Json document;
};

/// These throw Error(kDelegate) for no answer and for one of another form, Error(kSystem) if the
/// program can't be started.
IpamPools query_pools();
IpamLeases query_leases();

}  // namespace azcni::vnet
