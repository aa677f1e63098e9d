#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "azcni/base/file_lock.h"
#include "azcni/base/json.h"

namespace azcni::store {

class Store;

/// Where a plugin keeps its records, and what becomes of them at a reboot.
struct Layout {
  std::string folder;              ///< e.g. /var/run/azure-vnet
  std::string manifest;            ///< e.g. /var/run/azure-vnet.json: other software looks for it
  std::vector<std::string> kinds;  ///< folders of records within `folder`
  std::vector<std::string> lost_at_boot;  ///< those of `kinds` that describe containers
  /// True if an object that is found in place of the manifest is the state of a Go plugin.
  std::function<bool(const Json&)> is_legacy = {};
  /// Takes it over; called once, under the lock, unless that state is of an earlier boot. It stays
  /// as <folder>/imported.json.
  std::function<void(const Store&, const Json&)> import_legacy = {};
  /// Called once, under the lock, where no store was: since the boot, or it was lost.
  std::function<void(const Store&)> begin = {};
};

/// A folder of small JSON records, one a file, with one lock for those who must read, decide and
/// write in one step. Single records are read, replaced and removed without it, each atomically.
///
///     folder/boot_id           the boot that the records belong to
///     folder/lock              held for microseconds: never across HTTP, exec, netlink or HNS
///     folder/<kind>/<key>.json
///     folder/turns/            locks of single attachments, see lock_table.h
class Store {
 public:
  /// Opens the store, making what is missing. After a reboot the records of `lost_at_boot` are
  /// dropped, under the lock. Throws Error(kSystem, kTryAgain).
  explicit Store(Layout layout);

  /// Waits for the lock; throws Error(kTryAgain) with its holder's name after 10 s.
  [[nodiscard]] FileLock lock() const;

  /// Of a kind's folder, or of a file beside those.
  std::string path_of(const std::string& name) const;

  /// Kinds whose folder did not exist before: they are empty, whatever was known.
  [[nodiscard]] bool is_new(const std::string& kind) const;

 private:
  void ensure_boot();
  void ensure_manifest();

  Layout layout_;
  std::string boot_id_;
  std::vector<std::string> new_kinds_;
};

/// Identifies the running boot. No clock is involved, so none can mislead it.
std::string boot_id();

/// Time since the boot, suspend included.
std::chrono::microseconds uptime();

/// True if the file was last written before this boot; only for files that name no boot.
bool is_older_than_boot(const std::string& path);

}  // namespace azcni::store
