#include "link_managers.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/log.h"

namespace azcni::network::link_managers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 4096;

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool has_moved(const Notice& notice) {
  return !notice.moved_by.empty() && exists(notice.moved_by.front());
}

/// Also one that does not run: it may come later.
bool is_installed(const std::string& service) {
  constexpr std::array kFolders{"/usr/lib/systemd/system", "/lib/systemd/system",
                                "/etc/systemd/system"};
  return std::any_of(kFolders.begin(), kFolders.end(), [&](const std::string& folder) {
    return exists(folder + "/" + service + ".service");
  });
}

bool needs_notice(const Notice& notice) {
  return is_installed(notice.service) && !has_moved(notice);
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
  return {{"systemd-networkd",
           "/run/systemd/network",
           name + ".network",
           "[Match]\nName=" + nic + "\n[Link]\nUnmanaged=yes\n",
           {"/run/systemd/network/" + name + ".netdev",
            "/run/systemd/network/" + name + "-bridge.network"}},
          {"NetworkManager",
           "/run/NetworkManager/conf.d",
           name + ".conf",
           "[keyfile]\nunmanaged-devices+=interface-name:" + nic + "\n",
           {"/run/NetworkManager/conf.d/" + name + "-bridge.conf"}}};
}

void leave_alone(const std::string& nic) noexcept {
  for (const Notice& notice : notices_of(nic)) {
    try {
      if (!needs_notice(notice)) continue;
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
      for (const std::string& each : notice.moved_by) file::remove(each);
    } catch (const Error& error) {
      log::warning("{}", error.what());
    }
  }
}

bool have_moved(const std::string& nic) {
  const std::vector<Notice> notices = notices_of(nic);
  return std::any_of(notices.begin(), notices.end(), has_moved);
}

bool are_told(const std::string& nic) {
  const std::vector<Notice> notices = notices_of(nic);
  return std::all_of(notices.begin(), notices.end(), [](const Notice& notice) {
    return !needs_notice(notice) || is_in_place(notice);
  });
}

}  // namespace azcni::network::link_managers
