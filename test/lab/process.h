#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "azcni/base/unique_fd.h"

namespace azcni::lab {

/// Where a program runs; negative descriptors: where we are.
struct ExecContext {
  int net = -1;
  int mnt = -1;
  std::string netns;  ///< path of a network namespace, looked up within `mnt`; instead of `net`
};

struct Exit {
  int status = 0;  ///< 128 + signal, if a signal ended it
  std::string out;
  std::string err;
};

/// A program started by a test. It dies with the test, whatever becomes of that.
class Process {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  Process(const ExecContext& context, const std::vector<std::string>& argv,
          const Variables& variables = {}, const std::string& input = {});
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  int pid() const { return pid_; }
  void kill(int signal) const;
  Exit wait();

 private:
  int pid_ = -1;
  UniqueFd out_;
  UniqueFd err_;
};

/// Starts a program and waits for its end.
Exit run(const ExecContext& context, const std::vector<std::string>& argv,
         const Process::Variables& variables = {}, const std::string& input = {});

/// As run(), for set-up: throws unless the status is 0.
std::string must_run(const ExecContext& context, const std::vector<std::string>& argv,
                     const std::string& input = {});

/// How long something is waited for that comes in milliseconds on an idle machine. It measures
/// nothing: it ends a test that would hang.
inline constexpr std::chrono::seconds kPatience{120};

/// Looks until it is so, at most kPatience; false if it never was.
bool eventually(const std::function<bool()>& is_so);

/// Enters the context, for good; false if that fails. For processes of one thread.
bool enter(const ExecContext& context);

}  // namespace azcni::lab
