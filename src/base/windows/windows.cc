#include "azcni/base/windows.h"

#include <io.h>

namespace azcni {

std::wstring to_utf16(std::string_view text) {
  if (text.empty()) return {};
  const int size = static_cast<int>(text.size());
  std::wstring wide(
      static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0)),
      L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

std::string to_utf8(std::wstring_view text) {
  if (text.empty()) return {};
  const int size = static_cast<int>(text.size());
  std::string narrow(static_cast<std::size_t>(::WideCharToMultiByte(CP_UTF8, 0, text.data(), size,
                                                                    nullptr, 0, nullptr, nullptr)),
                     '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, narrow.data(),
                        static_cast<int>(narrow.size()), nullptr, nullptr);
  return narrow;
}

Error windows_error(const std::string& tried, DWORD number, std::string details) {
  wchar_t text[512];
  const DWORD length =
      ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, number,
                       0, text, static_cast<DWORD>(std::size(text)), nullptr);
  std::string meaning = to_utf8({text, length});
  while (!meaning.empty() && std::string_view("\r\n .").find(meaning.back()) != std::string::npos)
    meaning.pop_back();
  return {ErrorCode::kSystem, tried + ": " + meaning + " (" + std::to_string(number) + ")",
          std::move(details), static_cast<int>(number)};
}

HANDLE handle_of(int fd) {
  // The C runtime declares it so.  NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<HANDLE>(::_get_osfhandle(fd));
}

}  // namespace azcni
