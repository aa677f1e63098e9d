#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace azcni {

/// A child process: our environment, given bytes on its stdin, its stdout collected, its stderr
/// ours. No shell. Destroying it waits for its end.
class Subprocess {
 public:
  struct Command {
    std::string path;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< "NAME=value"
    std::string input;
    /// Kept open in the child, under whatever number; -1: none. On Windows, where a lock is not
    /// inherited, a child ends with us instead.
    int inherited_fd = -1;
    std::chrono::milliseconds limit;  ///< after it the child is killed
  };
  struct Exit {
    int status;  ///< exit status; 128 + number of the signal that ended it
    bool timed_out;
    std::string output;  ///< at most 1 MiB
  };

  /// Throws Error(kSystem) if it can't be started.
  explicit Subprocess(const Command& command);
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  ~Subprocess();

  /// Waits for the end. Once.
  Exit wait();

 private:
  struct Child;
  std::unique_ptr<Child> child_;  ///< until it was waited for
};

}  // namespace azcni
