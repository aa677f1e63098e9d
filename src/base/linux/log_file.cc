#include "azcni/base/log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace azcni::log {
namespace {

constexpr int kAppend = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

bool is_full(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::size_t>(status.st_size) >= LogFile::kMaxBytes;
}

std::string numbered(const std::string& path, int number) {
  return path + "." + std::to_string(number);
}

/// Shifts path → path.1 → … → path.7. Whoever finds the lock taken goes on writing where it is.
UniqueFd rotate(const std::string& path, UniqueFd full) {
  if (::flock(full.get(), LOCK_EX | LOCK_NB) != 0) return full;
  UniqueFd current(::open(path.c_str(), kAppend, 0640));
  if (!current || !is_full(current.get())) return current;  // somebody was faster
  for (int i = LogFile::kOldFiles; i > 1; --i) {
    ::rename(numbered(path, i - 1).c_str(), numbered(path, i).c_str());
  }
  ::rename(path.c_str(), numbered(path, 1).c_str());
  return UniqueFd(::open(path.c_str(), kAppend, 0640));
}

}  // namespace

LogFile::LogFile(const std::string& path) : file_(::open(path.c_str(), kAppend, 0640)) {
  if (file_ && is_full(file_.get())) file_ = rotate(path, std::move(file_));
}

void LogFile::append(std::string_view line) noexcept {
  if (file_ && ::write(file_.get(), line.data(), line.size()) < 0) file_.reset();
}

}  // namespace azcni::log
