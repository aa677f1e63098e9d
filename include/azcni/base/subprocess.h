#pragma once

#include <chrono>
#include <memory>
#include <optional>
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
  enum class Killed { kForTime, kForLength };  ///< why we ended it
  struct Exit {
    int status = 0;  ///< exit status; 128 + number of the signal that ended it
    std::optional<Killed> killed = {};
    std::string output = {};  ///< what is longer than 1 MiB is not read to its end
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
