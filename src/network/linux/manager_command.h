#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace azcni::network {

/// What `resolvectl` or `networkctl` prints: the programs by which the node's managers are
/// told, and the only ones that are run, when a network is made or removed. Throws Error(kSystem)
/// with what it answered if it is in no folder of PATH, fails, or takes longer.
std::string run_manager_command(const std::string& program,
                                const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit);

}  // namespace azcni::network
