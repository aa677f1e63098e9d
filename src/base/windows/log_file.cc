#include "azcni/base/log_file.h"

#include <fcntl.h>
#include <io.h>

#include "azcni/base/windows.h"

namespace azcni::log {
namespace {

/// Appending is one step for the file system with this right and no other to write.
UniqueFd open_to_append(const std::string& path) {
  UniqueHandle handle(::CreateFileW(to_utf16(path).c_str(), FILE_APPEND_DATA | GENERIC_READ,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!is_valid(handle)) return {};
  return UniqueFd(::_open_osfhandle(reinterpret_cast<intptr_t>(handle.release()), _O_APPEND));
}

bool is_full(const UniqueFd& file) {
  LARGE_INTEGER size{};
  return ::GetFileSizeEx(handle_of(file.get()), &size) != 0 &&
         static_cast<std::size_t>(size.QuadPart) >= LogFile::kMaxBytes;
}

void shift(const std::string& from, const std::string& to) {
  ::MoveFileExW(to_utf16(from).c_str(), to_utf16(to).c_str(), MOVEFILE_REPLACE_EXISTING);
}

/// Shifts path → path.1 → … → path.7. Whoever finds the lock taken goes on writing where it is.
UniqueFd rotate(const std::string& path, UniqueFd full) {
  OVERLAPPED place{};
  place.OffsetHigh = 0x7fffffff;
  if (::LockFileEx(handle_of(full.get()), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1,
                   0, &place) == 0)
    return full;
  UniqueFd current = open_to_append(path);
  if (!current || !is_full(current)) return current;  // somebody was faster
  current.reset();
  for (int i = LogFile::kOldFiles; i > 1; --i)
    shift(path + "." + std::to_string(i - 1), path + "." + std::to_string(i));
  shift(path, path + ".1");
  return open_to_append(path);
}

}  // namespace

LogFile::LogFile(const std::string& path) : file_(open_to_append(path)) {
  if (file_ && is_full(file_)) file_ = rotate(path, std::move(file_));
}

void LogFile::append(std::string_view line) noexcept {
  DWORD written = 0;
  if (file_ && ::WriteFile(handle_of(file_.get()), line.data(), static_cast<DWORD>(line.size()),
                           &written, nullptr) == 0)
    file_.reset();
}

}  // namespace azcni::log
