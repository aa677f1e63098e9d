#pragma once

#include "azcni/base/unique_fd.h"
#include "process.h"

namespace azcni::lab {

/// A PID namespace, with a mount namespace to see it by: whatever is started in it, and whatever
/// that leaves behind, ends with it, even when the test is killed.
class PidNamespace {
 public:
  explicit PidNamespace(const ExecContext& context);
  PidNamespace(const PidNamespace&) = delete;
  PidNamespace& operator=(const PidNamespace&) = delete;
  ~PidNamespace();

  Process start(const std::vector<std::string>& argv, const Process::Variables& variables = {},
                const std::string& input = {}) const;
  /// Of its first process, as we count them: /proc/<pid>/root leads to its files.
  int init_pid() const { return init_pid_; }
  /// For programs that need not be in the PID namespace; `netns`: in one of the network namespaces
  /// that are known by path there.
  ExecContext context(const std::string& netns = {}) const;

 private:
  ExecContext outside_;
  Process init_;
  int init_pid_;
  UniqueFd mnt_;
};

/// The one child of a process, once it has it.
int child_of(int pid);

}  // namespace azcni::lab
