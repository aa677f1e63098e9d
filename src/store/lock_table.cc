#include "azcni/store/lock_table.h"

#include "azcni/base/file.h"
#include "azcni/base/log.h"
#include "azcni/store/records.h"

namespace azcni::store {
NamedLock::NamedLock(NamedLock&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {
  other.path_.clear();
}

NamedLock::~NamedLock() {
  if (path_.empty()) return;
  try {
    file::remove(path_);
  } catch (const Error& error) {
    log::warning("{}", error.what());  // an empty file stays: no harm
  }
}

LockTable::LockTable(const Store& store) : folder_(store.path_of("turns")) {}

NamedLock LockTable::lock(const std::string& key, std::chrono::milliseconds limit) const {
  std::string path = folder_ + "/" + to_file_name(key);
  FileLock lock = FileLock::wait_for_removable(path, limit);
  return {std::move(path), std::move(lock)};
}

std::optional<NamedLock> LockTable::try_lock(const std::string& key) const {
  std::string path = folder_ + "/" + to_file_name(key);
  auto lock = FileLock::try_for_removable(path);
  if (!lock) return std::nullopt;
  return NamedLock(std::move(path), std::move(*lock));
}

void LockTable::sweep() const {
  for (const std::string& name : file::list(folder_)) {
    static_cast<void>(try_lock(from_file_name(name)));  // unlocking removes the file
  }
}

}  // namespace azcni::store
