#pragma once

#include <string>

/// systemd-networkd and NetworkManager, which think that every NIC is theirs: restarted, by an
/// update, they put the addresses of one that is a bridge's port back on it. A file in /run tells
/// them to leave it alone; it goes with a reboot, at which they have to configure the NIC again.
namespace azcni::network::link_managers {

/// Does nothing for those that do not run. A file that can't be written is a warning.
void leave_alone(const std::string& nic) noexcept;
void give_back(const std::string& nic) noexcept;

/// True if each that runs is told so.
bool are_told(const std::string& nic);

}  // namespace azcni::network::link_managers
