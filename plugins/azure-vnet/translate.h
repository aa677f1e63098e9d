#pragma once

#include <chrono>
#include <string>

#include "azcni/cni/request.h"
#include "azcni/cni/result.h"
#include "azcni/network/endpoint.h"
#include "config.h"

namespace azcni::vnet {

// Pure translations between modules that do not know each other.

network::EndpointId id_of(const cni::Request& request);
network::EndpointSpec endpoint_spec_of(const cni::Request& request);
/// An attachment that is about to be made, with all that is known of it before its addresses. `now`
/// is since the boot, as in the record.
network::EndpointRecord pending_record(const cni::Request& request,
                                       const network::EndpointOptions& options,
                                       std::chrono::microseconds now);
network::Addressing addressing_of(const cni::Result& lease, const Config& config,
                                  const std::string& pod_namespace);
cni::Result to_result(const network::EndpointRecord& endpoint, const cni::Result& lease,
                      const Config& config);
/// As to_result(), of what is on record alone.
cni::Result result_from_record(const network::EndpointRecord& endpoint, const Config& config);

}  // namespace azcni::vnet
