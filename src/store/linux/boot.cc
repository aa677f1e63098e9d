#include <sys/stat.h>

#include <ctime>

#include "azcni/base/file.h"
#include "azcni/store/store.h"

namespace azcni::store {

std::string boot_id() {
  auto id = file::read("/proc/sys/kernel/random/boot_id", 256);
  if (!id)
    throw Error(ErrorCode::kSystem, "read /proc/sys/kernel/random/boot_id: no such file",
                "mount /proc");
  while (!id->empty() && id->back() == '\n') id->pop_back();
  return *id;
}

std::chrono::microseconds uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::microseconds(now.tv_nsec / 1000);
}

bool is_older_than_boot(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return status.st_mtime <
         std::time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(uptime()).count();
}

}  // namespace azcni::store
