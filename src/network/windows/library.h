#pragma once

#include "azcni/base/windows.h"

namespace azcni::network {

/// A DLL of the system, loaded when it is needed: the program starts on hosts that lack it. Only
/// the system's own folder is searched; that of the program and the current one are anybody's.
class Library {
 public:
  /// Throws Error(kSystem) if there is no such DLL.
  explicit Library(const char* name);

  static bool is_there(const char* name);

  /// Throws Error(kSystem) if the DLL lacks it: an older Windows.
  template <typename Function>
  Function* get(const char* function) const {
    return reinterpret_cast<Function*>(reinterpret_cast<void*>(find(function)));
  }

 private:
  FARPROC find(const char* function) const;

  const char* name_;
  HMODULE module_;  ///< never unloaded: a call that hangs may still be in it
};

}  // namespace azcni::network
