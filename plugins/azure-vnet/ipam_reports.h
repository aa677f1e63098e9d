#pragma once

#include <vector>

#include "azcni/base/error.h"
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

/// A report, or what kept azure-vnet-ipam from one: status must tell what it can.
template <typename Report>
struct Attempt {
  Report report;
  std::string failure;

  explicit Attempt(Report (*ask)()) {
    try {
      report = ask();
    } catch (const Error& error) {
      failure = error.what();
    }
  }
  Json document() const { return failure.empty() ? report.document : Json{{"failure", failure}}; }
};

}  // namespace azcni::vnet
