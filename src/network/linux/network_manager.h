#pragma once

#include <memory>

#include "managed_bridge.h"

/// NetworkManager: man 5 nm-settings-keyfile, man 1 nmcli.
namespace azcni::network::network_manager {

/// Null unless it configures the NIC.
std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic);

}  // namespace azcni::network::network_manager
