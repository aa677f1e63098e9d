#include "azcni/store/turn.h"

#include "azcni/base/file.h"
#include "azcni/base/log.h"
#include "azcni/store/records.h"

namespace azcni::store {
Turn::Turn(Turn&& other) noexcept : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {
  other.path_.clear();
}

Turn::~Turn() {
  if (path_.empty()) return;
  try {
    file::remove(path_);
  } catch (const Error& error) {
    log::warning("{}", error.what());  // an empty file stays: no harm
  }
}

Turns::Turns(const Store& store) : folder_(store.folder_of("turns")) {}

Turn Turns::wait_for(const std::string& key, std::chrono::milliseconds limit) const {
  std::string path = folder_ + "/" + to_file_name(key);
  FileLock lock = FileLock::wait_for_removable(path, limit);
  return {std::move(path), std::move(lock)};
}

std::optional<Turn> Turns::try_for(const std::string& key) const {
  std::string path = folder_ + "/" + to_file_name(key);
  auto lock = FileLock::try_for_removable(path);
  if (!lock) return std::nullopt;
  return Turn(std::move(path), std::move(*lock));
}

void Turns::sweep() const {
  for (const std::string& name : file::list(folder_)) {
    try_for(from_file_name(name));  // whoever has had a turn removes its file
  }
}

}  // namespace azcni::store
