#include "azcni/base/environment.h"

#include <io.h>

#include <cstdio>
#include <memory>

#include "azcni/base/windows.h"

namespace azcni {

std::optional<std::string> environment_variable(const std::string& name) {
  const std::wstring wide = to_utf16(name);
  std::wstring value(256, L'\0');
  for (;;) {
    ::SetLastError(ERROR_SUCCESS);
    const DWORD length =
        ::GetEnvironmentVariableW(wide.c_str(), value.data(), static_cast<DWORD>(value.size()));
    if (length == 0 && ::GetLastError() == ERROR_ENVVAR_NOT_FOUND) return std::nullopt;
    if (length < value.size()) return to_utf8({value.data(), length});
    value.resize(length);
  }
}

std::vector<std::string> environment_variables() {
  struct Free {
    void operator()(wchar_t* block) const { ::FreeEnvironmentStringsW(block); }
  };
  const std::unique_ptr<wchar_t, Free> block(::GetEnvironmentStringsW());
  std::vector<std::string> variables;
  for (const wchar_t* each = block.get(); *each != L'\0';
       each += std::wstring_view(each).size() + 1) {
    // "=C:=C:\folder": the current folders of drives, which are no variables.
    if (*each != L'=') variables.push_back(to_utf8(each));
  }
  return variables;
}

bool is_terminal() { return ::_isatty(_fileno(stdout)) != 0; }

}  // namespace azcni
