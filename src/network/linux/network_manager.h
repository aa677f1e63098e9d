#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "managed_bridge.h"

/// NetworkManager: man 1 nmcli; man 5 nm-settings-nmcli, NetworkManager.conf.
namespace azcni::network::network_manager {

/// Null unless it configures the NIC.
std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic);

/// "NAME:VALUE" a line, as nmcli prints fields for programs; those without a value are left out.
std::map<std::string, std::string> fields_of(const std::string& output);

/// What the bridge's profile has from the NIC's: properties and values in turn. `metric`: that the
/// NIC's routes have, since a bridge's would have another.
std::vector<std::string> inherited_settings(const std::map<std::string, std::string>& profile,
                                            const std::string& metric);

/// Of a device's fields, "IP4.ROUTE[4]: dst = 0.0.0.0/0, nh = 10.0.0.1, mt = 100" among them: the
/// metric of a route that leads everywhere; empty if there is none.
std::string default_metric(const std::map<std::string, std::string>& device);

}  // namespace azcni::network::network_manager
