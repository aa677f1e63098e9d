#pragma once

// Windows only: text, handles and errors of its API.

#include <windows.h>

#include <memory>
#include <string>
#include <string_view>

#include "azcni/base/error.h"

namespace azcni {

/// Our text is UTF-8, Windows' is UTF-16. What is malformed becomes U+FFFD.
std::wstring to_utf16(std::string_view text);
std::string to_utf8(std::wstring_view text);

/// "<tried>: <Windows' text> (5)", for an error number of GetLastError().
Error windows_error(const std::string& tried, DWORD number, std::string details = {});

/// The handle behind a file descriptor of the C runtime; the descriptor owns it.
HANDLE handle_of(int fd);

struct CloseHandleOf {
  using pointer = HANDLE;
  void operator()(HANDLE handle) const noexcept {
    if (handle != INVALID_HANDLE_VALUE) ::CloseHandle(handle);
  }
};
/// Owner of a kernel handle. Of functions that report failure by INVALID_HANDLE_VALUE it may hold
/// that; is_valid() tells.
using UniqueHandle = std::unique_ptr<HANDLE, CloseHandleOf>;

inline bool is_valid(const UniqueHandle& handle) {
  return handle != nullptr && handle.get() != INVALID_HANDLE_VALUE;
}

}  // namespace azcni
