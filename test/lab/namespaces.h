#pragma once

#include <functional>

#include "azcni/base/unique_fd.h"
#include "process.h"

namespace azcni::lab {

/// A network and a mount namespace without a process or a name: they live as long as these
/// descriptors do, so that nothing is left when a test is killed.
class Namespaces {
 public:
  /// `set_up` runs in a child within the new namespaces; it must only make system calls, and
  /// returns false to say that it failed. Throws then.
  explicit Namespaces(const std::function<bool()>& set_up);

  ExecContext context() const { return {net_.get(), mnt_.get(), {}}; }

 private:
  UniqueFd net_;
  UniqueFd mnt_;
};

/// Runs `work` in a child process at that place and waits; throws with `what` if it returns false.
void run_there(const ExecContext& context, const std::string& what,
               const std::function<bool()>& work);

}  // namespace azcni::lab
