#pragma once

#include <memory>

#include "managed_bridge.h"

/// systemd-networkd: man 5 systemd.network, systemd.netdev; man 1 networkctl.
namespace azcni::network::networkd {

/// Null unless it configures the NIC.
std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic);

}  // namespace azcni::network::networkd
