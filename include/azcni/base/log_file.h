#pragma once

#include <string>
#include <string_view>

#include "azcni/base/unique_fd.h"

namespace azcni::log {

/// A log file that many short-lived processes append to, rotated by size: 8 files of 5 MiB, the
/// same as the Go plugins kept. Never throws: what can't be written is dropped.
class LogFile {
 public:
  static constexpr std::size_t kMaxBytes = 5 * 1024 * 1024 - 64 * 1024;  ///< below 40 MB in all
  static constexpr int kOldFiles = 7;

  explicit LogFile(const std::string& path);
  void append(std::string_view line) noexcept;

 private:
  UniqueFd file_;
};

}  // namespace azcni::log
