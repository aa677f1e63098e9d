#include "link_managers.h"

#include <algorithm>
#include <filesystem>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/log.h"

namespace azcni::network::link_managers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 4096;

bool is_running(const Notice& notice) {
  std::error_code ignored;
  return fs::exists(notice.running, ignored);
}

bool permits(const std::string& path, fs::perms others) {
  std::error_code ignored;
  return (fs::status(path, ignored).permissions() & others) == others;
}

/// networkd runs as a user of its own, and NetworkManager may be confined.
bool is_in_place(const Notice& notice) {
  return file::read(notice.path(), kMaxFile) == notice.text &&
         permits(notice.path(), fs::perms::others_read) &&
         permits(notice.folder, fs::perms::others_read | fs::perms::others_exec);
}

}  // namespace

std::vector<Notice> notices_of(const std::string& nic) {
  const std::string name = "05-azure-vnet-" + nic;
  return {{"/run/systemd/netif", "/run/systemd/network", name + ".network",
           "[Match]\nName=" + nic + "\n[Link]\nUnmanaged=yes\n"},
          {"/run/NetworkManager", "/run/NetworkManager/conf.d", name + ".conf",
           "[keyfile]\nunmanaged-devices+=interface-name:" + nic + "\n"}};
}

void leave_alone(const std::string& nic) noexcept {
  for (const Notice& notice : notices_of(nic)) {
    try {
      if (!is_running(notice)) continue;
      file::make_folder(notice.folder, file::Readers::kAll);
      file::replace(notice.path(), notice.text, file::Readers::kAll);
    } catch (const Error& error) {
      log::warning("{}", error.what());
    }
  }
}

void give_back(const std::string& nic) noexcept {
  for (const Notice& notice : notices_of(nic)) {
    try {
      file::remove(notice.path());
    } catch (const Error& error) {
      log::warning("{}", error.what());
    }
  }
}

bool are_told(const std::string& nic) {
  const std::vector<Notice> notices = notices_of(nic);
  return std::all_of(notices.begin(), notices.end(), [](const Notice& notice) {
    return !is_running(notice) || is_in_place(notice);
  });
}

}  // namespace azcni::network::link_managers
