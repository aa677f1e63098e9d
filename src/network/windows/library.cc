#include "library.h"

namespace azcni::network {
namespace {

HMODULE load(const char* name) {
  return ::LoadLibraryExW(to_utf16(name).c_str(), nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

}  // namespace

bool Library::is_there(const char* name) { return load(name) != nullptr; }

Library::Library(const char* name) : name_(name), module_(load(name)) {
  if (module_ == nullptr) {
    throw windows_error(std::string("load ") + name, ::GetLastError(),
                        "enable the Windows feature Containers");
  }
}

FARPROC Library::find(const char* function) const {
  const FARPROC address = ::GetProcAddress(module_, function);
  if (address == nullptr) {
    throw windows_error(std::string("find ") + function + " in " + name_, ::GetLastError(),
                        "this Windows is too old for it");
  }
  return address;
}

}  // namespace azcni::network
