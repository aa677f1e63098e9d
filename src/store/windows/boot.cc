#include "azcni/base/windows.h"
#include "azcni/store/store.h"

namespace azcni::store {
namespace {

/// Windows has no boot id that programs may count on, and its clock may be set. A volatile key of
/// the registry lives exactly as long as the boot; nothing is ever written to it, so that the time
/// that it carries is that of its creation.
constexpr const wchar_t* kKey = L"SOFTWARE\\azure-vnet-boot";

struct CloseKey {
  using pointer = HKEY;
  void operator()(HKEY key) const { ::RegCloseKey(key); }
};

}  // namespace

std::string boot_id() {
  HKEY opened = nullptr;
  const LSTATUS status =
      ::RegCreateKeyExW(HKEY_LOCAL_MACHINE, kKey, 0, nullptr, REG_OPTION_VOLATILE, KEY_READ,
                        nullptr, &opened, nullptr);
  if (status != ERROR_SUCCESS) {
    throw windows_error("create registry key HKLM\\SOFTWARE\\azure-vnet-boot",
                        static_cast<DWORD>(status), "run as an administrator");
  }
  const std::unique_ptr<HKEY, CloseKey> key(opened);
  FILETIME created{};
  ::RegQueryInfoKeyW(key.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                     nullptr, nullptr, nullptr, &created);
  return std::to_string((static_cast<std::uint64_t>(created.dwHighDateTime) << 32) |
                        created.dwLowDateTime);
}

std::chrono::microseconds uptime() {
  LARGE_INTEGER count{}, per_second{};
  ::QueryPerformanceCounter(&count);
  ::QueryPerformanceFrequency(&per_second);
  const auto seconds = std::chrono::seconds(count.QuadPart / per_second.QuadPart);
  return seconds + std::chrono::microseconds(count.QuadPart % per_second.QuadPart * 1'000'000 /
                                             per_second.QuadPart);
}

bool is_older_than_boot(const std::string& path) {
  WIN32_FILE_ATTRIBUTE_DATA file{};
  if (::GetFileAttributesExW(to_utf16(path).c_str(), GetFileExInfoStandard, &file) == 0)
    return false;
  FILETIME now{};
  ::GetSystemTimeAsFileTime(&now);
  const auto ticks = [](const FILETIME& time) {  // of 100 ns
    return (static_cast<std::uint64_t>(time.dwHighDateTime) << 32) | time.dwLowDateTime;
  };
  return ticks(file.ftLastWriteTime) < ticks(now) - ::GetTickCount64() * 10'000;
}

}  // namespace azcni::store
