#pragma once

#include <optional>
#include <string>

#include "azcni/base/unique_fd.h"

namespace azcni::network {

/// A network namespace, held open.
class NetNs {
 public:
  /// Throws Error(kInvalidNetns) if the path is gone, is none, or is the plugin's own.
  [[nodiscard]] static NetNs open(const std::string& path);
  /// Nothing in these cases: for DEL, where all of them mean that the container is gone.
  [[nodiscard]] static std::optional<NetNs> find(const std::string& path);
  static NetNs own();

  int fd() const noexcept { return fd_.get(); }

 private:
  explicit NetNs(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// While it lives, the process's one thread is in that namespace. Aborts if it can't come back:
/// whatever followed would happen to the wrong host.
class ScopedNetNs {
 public:
  explicit ScopedNetNs(const NetNs& target);
  ScopedNetNs(const ScopedNetNs&) = delete;
  ScopedNetNs& operator=(const ScopedNetNs&) = delete;
  ~ScopedNetNs();

 private:
  NetNs own_;
};

}  // namespace azcni::network
