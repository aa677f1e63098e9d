#include "azcni/base/unique_fd.h"

#include <io.h>

namespace azcni {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::_close(fd_);
  fd_ = fd;
}

}  // namespace azcni
