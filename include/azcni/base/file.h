#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whole files in one call. Failures other than absence throw Error(kSystem) with the path.
namespace azcni::file {

/// The file's content; nothing if there is no such file. Throws if it is longer than `max_bytes`.
std::optional<std::string> read(const std::string& path, std::size_t max_bytes);

/// Who may read what is made. On Windows files and folders inherit that from the folder above.
enum class Readers {
  kOwner,
  kAll,  ///< whatever the umask: a daemon that runs as a user of its own
};

/// Puts a whole file in place in one step: a reader sees the old content or the new, never half.
/// Written through to the disk unless the file system is a tmpfs. One writer at a time per path.
void replace(const std::string& path, std::string_view content, Readers readers = Readers::kOwner);

/// Writes to a file that exists already, in place, with one write: a sysctl. False if absent.
bool write_existing(const std::string& path, std::string_view content);

/// True if it was there.
bool remove(const std::string& path);

/// True if it was there.
bool rename(const std::string& from, const std::string& to);

/// Creates the folder and those above it; true if it was not there before. For all readers, one
/// that was there is opened to them as well.
bool make_folder(const std::string& path, Readers readers = Readers::kOwner);

/// Another text for each file that was put at this path; empty if there is none, and on Windows.
std::string identity(const std::string& path);

/// Names of the entries of a folder; none if there is no such folder.
std::vector<std::string> list(const std::string& folder);

}  // namespace azcni::file
