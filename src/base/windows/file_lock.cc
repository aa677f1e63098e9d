#include "azcni/base/file_lock.h"

#include <fcntl.h>
#include <io.h>

#include "azcni/base/file.h"
#include "azcni/base/windows.h"

namespace azcni {
namespace {

using Clock = std::chrono::steady_clock;

constexpr DWORD kPauseMs = 2;

/// Nothing while the file is on its way out: its last holder removed it, and has it open still.
UniqueFd open_lock(const std::string& path) {
  UniqueHandle handle(::CreateFileW(to_utf16(path).c_str(), GENERIC_READ | GENERIC_WRITE,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!is_valid(handle)) {
    const DWORD error = ::GetLastError();
    if (error == ERROR_ACCESS_DENIED || error == ERROR_DELETE_PENDING) return {};
    throw windows_error("open lock " + path, error);
  }
  return UniqueFd(::_open_osfhandle(reinterpret_cast<intptr_t>(handle.release()), _O_RDWR));
}

/// Locks a byte far behind the content, which tells people the holder's number: what is locked
/// can't be read.
bool try_lock(int fd, const std::string& path) {
  OVERLAPPED place{};
  place.Offset = 0x7fffffff;
  if (::LockFileEx(handle_of(fd), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                   &place) == 0) {
    const DWORD error = ::GetLastError();
    if (error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING) return false;
    throw windows_error("lock " + path, error);
  }
  const std::string holder = "process " + std::to_string(::GetCurrentProcessId());
  DWORD written = 0;
  ::WriteFile(handle_of(fd), holder.data(), static_cast<DWORD>(holder.size()), &written, nullptr);
  ::SetEndOfFile(handle_of(fd));
  return true;
}

bool leads_to(const std::string& path, int fd) {
  const UniqueHandle by_path(::CreateFileW(to_utf16(path).c_str(), GENERIC_READ,
                                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                           nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  BY_HANDLE_FILE_INFORMATION one{}, other{};
  return is_valid(by_path) && ::GetFileInformationByHandle(by_path.get(), &one) != 0 &&
         ::GetFileInformationByHandle(handle_of(fd), &other) != 0 &&
         one.nFileIndexLow == other.nFileIndexLow && one.nFileIndexHigh == other.nFileIndexHigh &&
         one.dwVolumeSerialNumber == other.dwVolumeSerialNumber;
}

Error still_held(const std::string& path) {
  return {ErrorCode::kTryAgain,
          "lock " + path + ": still held by " + file::read(path, 256).value_or("unknown"),
          "try again; if it stays so, look at what that process waits for"};
}

/// LockFileEx can wait, but not for a time. So it is asked again and again, for as short as a
/// holder usually takes.
UniqueFd lock_until(const std::string& path, Clock::time_point deadline, bool removable) {
  for (;;) {
    UniqueFd fd = open_lock(path);
    if (fd && try_lock(fd.get(), path) && (!removable || leads_to(path, fd.get()))) return fd;
    if (Clock::now() >= deadline) return {};
    fd.reset();
    ::Sleep(kPauseMs);
  }
}

}  // namespace

FileLock FileLock::wait_for(const std::string& path, std::chrono::milliseconds limit) {
  UniqueFd fd = lock_until(path, Clock::now() + limit, false);
  if (!fd) throw still_held(path);
  return FileLock(std::move(fd));
}

std::optional<FileLock> FileLock::try_for(const std::string& path) {
  UniqueFd fd = lock_until(path, Clock::now(), false);
  if (!fd) return std::nullopt;
  return FileLock(std::move(fd));
}

FileLock FileLock::wait_for_removable(const std::string& path, std::chrono::milliseconds limit) {
  UniqueFd fd = lock_until(path, Clock::now() + limit, true);
  if (!fd) throw still_held(path);
  return FileLock(std::move(fd));
}

std::optional<FileLock> FileLock::try_for_removable(const std::string& path) {
  UniqueFd fd = lock_until(path, Clock::now(), true);
  if (!fd) return std::nullopt;
  return FileLock(std::move(fd));
}

}  // namespace azcni
