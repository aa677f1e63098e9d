#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "azcni/base/unique_fd.h"

namespace azcni {

/// An exclusive lock that the kernel holds for an open file: it dies with its holder, so that none
/// can be left behind. A child that inherits the descriptor holds it too.
class FileLock {
 public:
  /// Waits at most `limit`; then throws Error(kTryAgain) that names the holder.
  /// The file is created if need be, and stays.
  [[nodiscard]] static FileLock wait_for(const std::string& path, std::chrono::milliseconds limit);

  /// Nothing if somebody else holds it.
  [[nodiscard]] static std::optional<FileLock> try_for(const std::string& path);

  /// As wait_for, for a file that its holder removes in the end: the lock counts only while the
  /// path still leads to the file that was locked.
  [[nodiscard]] static FileLock wait_for_removable(const std::string& path,
                                                   std::chrono::milliseconds limit);

  /// As try_for, for such a file.
  [[nodiscard]] static std::optional<FileLock> try_for_removable(const std::string& path);

  int fd() const noexcept { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace azcni
