#pragma once

#include <memory>

#include "azcni/cni/delegate.h"

namespace azcni::vnet {

/// The IPAM plugin that the request names. azure-vnet-ipam is this process, unless `ipam.exec` is
/// true: the code is the executable's, and so are its records. Any other is an executable, which
/// keeps `held_fd` open. The request must outlive it.
std::unique_ptr<cni::Delegate> ipam_of(const cni::Request& request, int held_fd = -1);

}  // namespace azcni::vnet
