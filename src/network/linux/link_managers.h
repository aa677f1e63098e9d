#pragma once

#include <string>
#include <vector>

/// Of systemd-networkd and NetworkManager those that do not configure the NIC (else see
/// managed_bridge.h): started or restarted, they may begin to, and put addresses on a bridge's
/// port. A file in /run tells them to leave it alone, until the next boot, at which they may have
/// to configure it.
namespace azcni::network::link_managers {

/// Does nothing for those that are not installed. A file that can't be written is a warning.
void leave_alone(const std::string& nic) noexcept;
void give_back(const std::string& nic) noexcept;

/// True if each that is installed is told so, but for one that has moved it.
bool are_told(const std::string& nic);

/// True if one of them made the NIC a port of its bridge, as managed_bridge.h has it do.
bool have_moved(const std::string& nic);

/// What one of them is told by.
struct Notice {
  std::string service;  ///< of systemd
  std::string folder;   ///< of its configuration; the first file that fits counts
  std::string name;     ///< of the file
  std::string text;
  std::vector<std::string> moved_by = {};  ///< files by which it moves the NIC itself

  std::string path() const { return folder + "/" + name; }
};

/// networkd's, then NetworkManager's.
std::vector<Notice> notices_of(const std::string& nic);

}  // namespace azcni::network::link_managers
