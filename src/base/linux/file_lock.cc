#include "azcni/base/file_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

#include <cerrno>
#include <sstream>

#include "azcni/base/error.h"
#include "azcni/base/file.h"

namespace azcni {
namespace {

using Clock = std::chrono::steady_clock;

UniqueFd open_lock(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) throw system_error("open lock " + path, errno);
  return fd;
}

/// flock(2) knows no time limit: a signal each 50 ms makes it return, so that the clock can be
/// looked at. The kernel queues the waiters, nobody polls. Our caller may have ignored or blocked
/// the signal.
class WakeUps {
 public:
  WakeUps() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, &old_action_);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, &old_mask_);
    const itimerval each_50_ms{{0, 50'000}, {0, 50'000}};
    ::setitimer(ITIMER_REAL, &each_50_ms, &old_timer_);
  }
  WakeUps(const WakeUps&) = delete;
  WakeUps& operator=(const WakeUps&) = delete;
  ~WakeUps() {
    ::setitimer(ITIMER_REAL, &old_timer_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
    ::sigaction(SIGALRM, &old_action_, nullptr);
  }

 private:
  struct sigaction old_action_ {};
  sigset_t old_mask_{};
  itimerval old_timer_{};
};

/// "process 4711 (azure-vnet)", from /proc/locks: a look at the kernel's list, for people only.
std::string holder_of(int fd) {
  struct stat status {};
  const auto locks = file::read("/proc/locks", 1 << 20);
  if (::fstat(fd, &status) != 0 || !locks) return "unknown";
  const std::string inode = ":" + std::to_string(status.st_ino) + " ";
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(inode) == std::string::npos || line.find("->") != std::string::npos) continue;
    std::istringstream words(line);
    std::string number, type, mode, access, pid;
    words >> number >> type >> mode >> access >> pid;
    std::string name =
        file::read("/proc/" + pid + "/comm", 64).value_or("ended, a child of it holds on");
    if (!name.empty() && name.back() == '\n') name.pop_back();
    return "process " + pid + " (" + name + ")";
  }
  return "unknown";
}

bool lock_now(int fd, const std::string& path) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) throw system_error("lock " + path, errno);
  return false;
}

void lock_until(int fd, const std::string& path, Clock::time_point deadline) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return;
  const WakeUps wake_ups;
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("lock " + path, errno);
    if (Clock::now() < deadline) continue;
    throw Error(ErrorCode::kTryAgain, "lock " + path + ": still held by " + holder_of(fd),
                "try again; if it stays so, look at what that process waits for");
  }
}

/// What is locked for a path: its file; or, on a disk that has no room for one, its folder. That
/// keeps those apart who come to make room, and nobody else can make the file there.
struct Removable {
  UniqueFd fd;
  bool is_folder = false;
};

Removable open_removable(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd) return {std::move(fd)};
  if (errno != ENOSPC && errno != EDQUOT) throw system_error("open lock " + path, errno);
  const std::string folder = path.substr(0, path.rfind('/'));
  fd = UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("open folder " + folder, errno);
  return {std::move(fd), true};
}

bool leads_to(const std::string& path, int fd) {
  struct stat by_path {
  }, by_fd{};
  return ::stat(path.c_str(), &by_path) == 0 && ::fstat(fd, &by_fd) == 0 &&
         by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev;
}

}  // namespace

FileLock FileLock::wait_for(const std::string& path, std::chrono::milliseconds limit) {
  UniqueFd fd = open_lock(path);
  lock_until(fd.get(), path, Clock::now() + limit);
  return FileLock(std::move(fd));
}

std::optional<FileLock> FileLock::try_for(const std::string& path) {
  UniqueFd fd = open_lock(path);
  return lock_now(fd.get(), path) ? std::optional(FileLock(std::move(fd))) : std::nullopt;
}

FileLock FileLock::wait_for_removable(const std::string& path, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    Removable file = open_removable(path);
    lock_until(file.fd.get(), path, deadline);
    if (file.is_folder || leads_to(path, file.fd.get())) return FileLock(std::move(file.fd));
  }
}

std::optional<FileLock> FileLock::try_for_removable(const std::string& path) {
  for (;;) {
    Removable file = open_removable(path);
    if (!lock_now(file.fd.get(), path)) return std::nullopt;
    if (file.is_folder || leads_to(path, file.fd.get())) return FileLock(std::move(file.fd));
  }
}

}  // namespace azcni
