#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "azcni/base/unique_fd.h"

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
    int inherited_fd = -1;            ///< kept open in the child, under whatever number; -1: none
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
  int pid_ = -1;
  UniqueFd output_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace azcni
