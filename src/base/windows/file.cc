#include "azcni/base/file.h"

#include "azcni/base/windows.h"

namespace azcni::file {
namespace {

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

/// A file that somebody has open can't always be replaced, nor opened while it goes; both pass.
constexpr int kTries = 200;
constexpr DWORD kPauseMs = 5;

bool is_absence(DWORD error) {
  return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
}

bool is_passing(DWORD error) {
  return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION ||
         error == ERROR_DELETE_PENDING;
}

/// Repeats `attempt` while it fails for somebody else's open handle; returns the last error, 0 for
/// success.
template <typename Attempt>
DWORD persist(const Attempt& attempt) {
  for (int i = 0;; ++i) {
    if (attempt()) return ERROR_SUCCESS;
    const DWORD error = ::GetLastError();
    if (!is_passing(error) || i == kTries) return error;
    ::Sleep(kPauseMs);
  }
}

UniqueHandle open(const std::string& path, DWORD access, DWORD disposition, DWORD& error) {
  UniqueHandle handle(INVALID_HANDLE_VALUE);
  error = persist([&] {
    handle.reset(::CreateFileW(to_utf16(path).c_str(), access, kShareAll, nullptr, disposition,
                               FILE_ATTRIBUTE_NORMAL, nullptr));
    return is_valid(handle);
  });
  return handle;
}

void write_all(HANDLE handle, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    DWORD written = 0;
    if (::WriteFile(handle, content.data(), static_cast<DWORD>(content.size()), &written,
                    nullptr) == 0)
      throw windows_error("write " + path, ::GetLastError());
    content.remove_prefix(written);
  }
}

DWORD move(const std::string& from, const std::string& to) {
  return persist([&] {
    return ::MoveFileExW(to_utf16(from).c_str(), to_utf16(to).c_str(),
                         MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
  });
}

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of("/\\")); }

}  // namespace

std::optional<std::string> read(const std::string& path, std::size_t max_bytes) {
  DWORD error = 0;
  const UniqueHandle handle = open(path, GENERIC_READ, OPEN_EXISTING, error);
  if (is_absence(error)) return std::nullopt;
  if (error != ERROR_SUCCESS) throw windows_error("open " + path, error);
  std::string content;
  char chunk[8192];
  for (;;) {
    DWORD got = 0;
    if (::ReadFile(handle.get(), chunk, sizeof chunk, &got, nullptr) == 0)
      throw windows_error("read " + path, ::GetLastError());
    if (got == 0) return content;
    content.append(chunk, got);
    if (content.size() > max_bytes) {
      throw Error(ErrorCode::kIo,
                  "read " + path + ": longer than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

// The content is on the disk before the name is: a power loss leaves the old file or the new one,
// and never the NULs that the Go plugin's users found.
void replace(const std::string& path, std::string_view content, Readers) {
  const std::string fresh = path + ".tmp";
  DWORD error = 0;
  {
    const UniqueHandle handle = open(fresh, GENERIC_WRITE, CREATE_ALWAYS, error);
    if (error != ERROR_SUCCESS) throw windows_error("create " + fresh, error);
    write_all(handle.get(), content, fresh);
    if (::FlushFileBuffers(handle.get()) == 0)
      throw windows_error("flush " + fresh, ::GetLastError());
  }
  error = move(fresh, path);
  if (error == ERROR_SUCCESS) return;
  ::DeleteFileW(to_utf16(fresh).c_str());
  throw windows_error("put " + path + " in place", error);
}

bool write_existing(const std::string& path, std::string_view content) {
  DWORD error = 0;
  const UniqueHandle handle = open(path, GENERIC_WRITE, OPEN_EXISTING, error);
  if (is_absence(error)) return false;
  if (error != ERROR_SUCCESS) throw windows_error("open " + path, error);
  write_all(handle.get(), content, path);
  return true;
}

bool remove(const std::string& path) {
  const DWORD error = persist([&] { return ::DeleteFileW(to_utf16(path).c_str()) != 0; });
  if (is_absence(error)) return false;
  if (error != ERROR_SUCCESS) throw windows_error("remove " + path, error);
  return true;
}

bool rename(const std::string& from, const std::string& to) {
  const DWORD error = move(from, to);
  if (is_absence(error)) return false;
  if (error != ERROR_SUCCESS) throw windows_error("rename " + from + " to " + to, error);
  return true;
}

bool make_folder(const std::string& path, Readers readers) {
  if (::CreateDirectoryW(to_utf16(path).c_str(), nullptr) != 0) return true;
  const DWORD error = ::GetLastError();
  if (error == ERROR_ALREADY_EXISTS) return false;
  const std::string parent = parent_of(path);
  if (error != ERROR_PATH_NOT_FOUND || parent == path)
    throw windows_error("create folder " + path, error);
  make_folder(parent, readers);
  return make_folder(path, readers);
}

std::string identity(const std::string&) { return {}; }

std::vector<std::string> list(const std::string& folder) {
  struct Close {
    using pointer = HANDLE;
    void operator()(HANDLE handle) const {
      if (handle != INVALID_HANDLE_VALUE) ::FindClose(handle);
    }
  };
  WIN32_FIND_DATAW entry{};
  const std::unique_ptr<HANDLE, Close> search(
      ::FindFirstFileW(to_utf16(folder + "\\*").c_str(), &entry));
  std::vector<std::string> names;
  if (search.get() == INVALID_HANDLE_VALUE) {
    const DWORD error = ::GetLastError();
    if (is_absence(error)) return names;
    throw windows_error("open folder " + folder, error);
  }
  do {
    std::string name = to_utf8(entry.cFileName);
    if (name != "." && name != "..") names.push_back(std::move(name));
  } while (::FindNextFileW(search.get(), &entry) != 0);
  if (::GetLastError() != ERROR_NO_MORE_FILES)
    throw windows_error("list folder " + folder, ::GetLastError());
  return names;
}

}  // namespace azcni::file
