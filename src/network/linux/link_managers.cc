#include "link_managers.h"

#include <filesystem>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/log.h"

namespace azcni::network::link_managers {
namespace {

constexpr std::size_t kMaxFile = 4096;

struct Manager {
  const char* running;  ///< a folder that is there while it runs
  const char* folder;   ///< of its configuration; the first file that fits counts
  const char* before;   ///< the NIC's name within the file
  const char* after;
  const char* suffix;
};

constexpr Manager kManagers[] = {
    {"/run/systemd/netif", "/run/systemd/network", "[Match]\nName=", "\n[Link]\nUnmanaged=yes\n",
     ".network"},
    {"/run/NetworkManager", "/run/NetworkManager/conf.d",
     "[keyfile]\nunmanaged-devices+=interface-name:", "\n", ".conf"},
};

std::string path_of(const Manager& manager, const std::string& nic) {
  return std::string(manager.folder) + "/05-azure-vnet-" + nic + manager.suffix;
}

std::string content_of(const Manager& manager, const std::string& nic) {
  return manager.before + nic + manager.after;
}

bool is_running(const Manager& manager) {
  std::error_code ignored;
  return std::filesystem::exists(manager.running, ignored);
}

}  // namespace

void leave_alone(const std::string& nic) noexcept {
  for (const Manager& manager : kManagers) {
    try {
      if (!is_running(manager)) continue;
      file::make_folder(manager.folder);
      file::replace(path_of(manager, nic), content_of(manager, nic));
    } catch (const Error& error) {
      log::warning("{}", error.what());
    }
  }
}

void give_back(const std::string& nic) noexcept {
  for (const Manager& manager : kManagers) {
    try {
      file::remove(path_of(manager, nic));
    } catch (const Error& error) {
      log::warning("{}", error.what());
    }
  }
}

bool are_told(const std::string& nic) {
  for (const Manager& manager : kManagers) {
    if (is_running(manager) &&
        file::read(path_of(manager, nic), kMaxFile) != content_of(manager, nic))
      return false;
  }
  return true;
}

}  // namespace azcni::network::link_managers
