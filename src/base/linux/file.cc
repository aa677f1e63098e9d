#include "azcni/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "azcni/base/error.h"
#include "azcni/base/unique_fd.h"

namespace azcni::file {
namespace {

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// A file that is not yet what it will be; goes, unless it was put in place.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void put_in_place(const std::string& final_path) {
    if (::rename(path_.c_str(), final_path.c_str()) != 0)
      throw system_error("rename " + path_, errno);
    path_.clear();
  }

 private:
  std::string path_;
};

/// A tmpfs forgets everything at a power loss anyway: no need to wait for a disk.
bool outlives_power_loss(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) != 0 || status.f_type != TMPFS_MAGIC;
}

bool is_open_to_all(const std::string& folder) {
  constexpr mode_t kOpen = S_IROTH | S_IXOTH;
  struct stat status {};
  return ::stat(folder.c_str(), &status) == 0 && (status.st_mode & kOpen) == kOpen;
}

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw system_error("sync " + folder, errno);
}

}  // namespace

std::optional<std::string> read(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) throw system_error("open " + path, errno);

  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("stat " + path, errno);
  std::string content;
  // Files of /proc have no size: then start small.
  content.resize(std::min(max_bytes, static_cast<std::size_t>(status.st_size)) + 256);
  std::size_t length = 0;
  for (;;) {
    const ssize_t got = ::read(fd.get(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read " + path, errno);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
    if (length > max_bytes) {
      throw Error(ErrorCode::kIo,
                  "read " + path + ": longer than " + std::to_string(max_bytes) + " bytes");
    }
    if (length == content.size()) content.resize(content.size() * 2);
  }
  content.resize(length);
  return content;
}

void replace(const std::string& path, std::string_view content, Readers readers) {
  const std::string fresh = path + ".tmp";
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) throw system_error("create " + fresh, errno);
  Draft draft(fresh);
  if (readers == Readers::kAll && ::fchmod(fd.get(), 0644) != 0)
    throw system_error("change the mode of " + fresh, errno);
  write_all(fd.get(), content, fresh);
  const bool durable = outlives_power_loss(fd.get());
  if (durable && ::fsync(fd.get()) != 0) throw system_error("sync " + fresh, errno);
  fd.reset();
  draft.put_in_place(path);
  if (durable) sync_folder_of(path);
}

bool write_existing(const std::string& path, std::string_view content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (!fd) throw system_error("open " + path, errno);
  write_all(fd.get(), content, path);
  return true;
}

bool remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw system_error("remove " + path, errno);
}

bool rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw system_error("rename " + from + " to " + to, errno);
}

bool make_folder(const std::string& path, Readers readers) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno == ENOENT) {
    make_folder(std::filesystem::path(path).parent_path().string(), readers);
    return make_folder(path, readers);
  }
  if (!made && errno != EEXIST) throw system_error("create folder " + path, errno);
  if (readers == Readers::kAll && !is_open_to_all(path) && ::chmod(path.c_str(), 0755) != 0)
    throw system_error("change the mode of folder " + path, errno);
  return made;
}

std::string identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::to_string(status.st_ino) + ":" + std::to_string(status.st_mtim.tv_sec) + ":" +
         std::to_string(status.st_mtim.tv_nsec) + ":" + std::to_string(status.st_size);
}

std::vector<std::string> list(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open_folder(::opendir(folder.c_str()), ::closedir);
  std::vector<std::string> names;
  if (!open_folder && errno == ENOENT) return names;
  if (!open_folder) throw system_error("open folder " + folder, errno);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(open_folder.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) throw system_error("list folder " + folder, errno);
  return names;
}

}  // namespace azcni::file
