#pragma once

#include <string>
#include <vector>

#include "net_test.h"

namespace azcni::test {

/// A fault at one system call of a program: strace injects it.
class Faulty {
 public:
  /// `fault`: "error=ENOMEM" or "signal=KILL", at the `count`th call of that name.
  Faulty(const Vm& vm, std::string call, std::string fault, int count)
      : vm_(vm), call_(std::move(call)), fault_(std::move(fault)), count_(count) {}

  /// What to put before the program's command line.
  std::vector<std::string> wrapper() const {
    return {"strace", "-qq",
            "-o",     kTrace,
            "-e",     "trace=" + call_,
            "-e",     "inject=" + call_ + ":" + fault_ + ":when=" + std::to_string(count_)};
  }

  /// Whether the program came so far.
  bool was_hit() const {
    const std::string trace = vm_.read(kTrace);
    return trace.find("INJECTED") != std::string::npos ||
           trace.find("SIGKILL") != std::string::npos;
  }

 private:
  static constexpr const char* kTrace = "/run/strace";

  const Vm& vm_;
  std::string call_;
  std::string fault_;
  int count_;
};

/// Calls that act on something outside the process, or wait for an answer. An error of close() is
/// not among them: injected, it would leave the descriptor open, which no kernel does.
inline const std::vector<std::string> kActingCalls{
    "openat", "mkdir",      "rename", "unlink",     "write",      "pwrite64",     "flock", "socket",
    "bind",   "sendmsg",    "sendto", "recvmsg",    "setns",      "memfd_create", "pipe2", "vfork",
    "clone",  "clone3",     "poll",   "wait4",      "fstatfs",    "getdents64",   "fcntl", "read",
    "dup2",   "newfstatat", "fstat",  "pidfd_open", "setsockopt", "ioctl"};

/// Calls `attempt(call, count)` for count 1, 2, … of each call, until it returns false: the program
/// did not come so far; or a test has failed.
template <typename Attempt>
void for_every_call(const std::vector<std::string>& calls, const Attempt& attempt) {
  for (const std::string& call : calls) {
    for (int count = 1; count < 500; ++count) {
      SCOPED_TRACE(call + " number " + std::to_string(count));
      const bool hit = attempt(call, count);
      if (::testing::Test::HasFailure()) return;
      if (!hit) break;
    }
  }
}

}  // namespace azcni::test
