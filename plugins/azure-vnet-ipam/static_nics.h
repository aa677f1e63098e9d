#pragma once

#include "azcni/base/json.h"
#include "azcni/ipam/metadata.h"

namespace azcni::vnet_ipam {

/// `ipam.nics`, for VMs whose metadata can't be asked:
///
///     [{"name": "eth0", "subnets": [{"prefix": "10.240.0.0/16",
///                                    "addresses": ["10.240.0.5", "10.240.0.16/28"]}]}]
///
/// A NIC is known by `name` or `mac`; `primary` is false unless it is said. Throws
/// Error(kInvalidConfig) that names the field: what somebody wrote is not skipped.
ipam::Metadata parse_static_nics(const Fields& ipam);

}  // namespace azcni::vnet_ipam
