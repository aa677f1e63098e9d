#pragma once

#include <string>
#include <vector>

/// systemd-networkd and NetworkManager, which think that every NIC is theirs: restarted, by an
/// update, they put the addresses of one that is a bridge's port back on it. A file in /run tells
/// them to leave it alone; it goes with a reboot, at which they have to configure the NIC again.
namespace azcni::network::link_managers {

/// Does nothing for those that do not run. A file that can't be written is a warning.
void leave_alone(const std::string& nic) noexcept;
void give_back(const std::string& nic) noexcept;

/// True if each that runs is told so.
bool are_told(const std::string& nic);

/// What one of them is told by.
struct Notice {
  std::string running;  ///< a folder that is there while it runs
  std::string folder;   ///< of its configuration; the first file that fits counts
  std::string name;     ///< of the file
  std::string text;

  std::string path() const { return folder + "/" + name; }
};

/// networkd's, then NetworkManager's.
std::vector<Notice> notices_of(const std::string& nic);

}  // namespace azcni::network::link_managers
