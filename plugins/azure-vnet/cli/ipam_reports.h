#pragma once

#include <vector>

#include "azcni/base/json.h"
#include "azcni/cli/address_reports.h"

/// The azure-vnet-ipam beside us, asked as a person would ask it.
namespace azcni::vnet {

struct IpamPools : cli::PoolsReport {
  Json document;  ///< as it came
};

struct IpamLeases {
  std::vector<cli::LeaseReport> leases;
  Json document;
};

/// These throw Error(kDelegate) for no answer and for one of another form, Error(kSystem) if the
/// program can't be started.
IpamPools query_pools();
IpamLeases query_leases();

}  // namespace azcni::vnet
