#include "link_managers.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/log.h"

namespace azcni::network::link_managers {
namespace {

namespace fs = std::filesystem;

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
  return fs::exists(manager.running, ignored);
}

bool permits(const std::string& path, fs::perms others) {
  std::error_code ignored;
  return (fs::status(path, ignored).permissions() & others) == others;
}

/// networkd runs as a user of its own, and NetworkManager may be confined.
bool is_told(const Manager& manager, const std::string& nic) {
  const std::string path = path_of(manager, nic);
  return file::read(path, kMaxFile) == content_of(manager, nic) &&
         permits(path, fs::perms::others_read) &&
         permits(manager.folder, fs::perms::others_read | fs::perms::others_exec);
}

}  // namespace

void leave_alone(const std::string& nic) noexcept {
  for (const Manager& manager : kManagers) {
    try {
      if (!is_running(manager)) continue;
      file::make_folder(manager.folder, file::Readers::kAll);
      file::replace(path_of(manager, nic), content_of(manager, nic), file::Readers::kAll);
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
  return std::all_of(std::begin(kManagers), std::end(kManagers), [&](const Manager& manager) {
    return !is_running(manager) || is_told(manager, nic);
  });
}

}  // namespace azcni::network::link_managers
