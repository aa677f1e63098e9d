#include "pid_namespace.h"

#include <fcntl.h>
#include <signal.h>

#include <fstream>
#include <stdexcept>

namespace azcni::lab {

int child_of(int pid) {
  const std::string path =
      "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children";
  int child = 0;
  if (eventually([&] { return static_cast<bool>(std::ifstream(path) >> child); })) return child;
  throw std::runtime_error("process " + std::to_string(pid) + " has no child");
}

namespace {

/// Once it runs its program, its /proc is mounted.
int init_of(int unshare_pid) {
  const int pid = child_of(unshare_pid);
  const auto runs = [&] {
    std::string name;
    std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
    return name == "tail";
  };
  if (!eventually(runs)) throw std::runtime_error("a PID namespace has no first process");
  return pid;
}

}  // namespace

PidNamespace::PidNamespace(const ExecContext& context)
    : outside_(context),
      init_(context, {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "tail", "-f",
                      "/dev/null"}),
      init_pid_(init_of(init_.pid())),
      mnt_(::open(("/proc/" + std::to_string(init_pid_) + "/ns/mnt").c_str(),
                  O_RDONLY | O_CLOEXEC)) {}

PidNamespace::~PidNamespace() {
  init_.kill(SIGKILL);
  init_.wait();  // for everybody in the namespace
}

Process PidNamespace::start(const std::vector<std::string>& argv,
                            const Process::Variables& variables, const std::string& input) const {
  std::vector<std::string> entered{"nsenter", "--target", std::to_string(init_pid_), "--pid",
                                   "--mount"};
  entered.insert(entered.end(), argv.begin(), argv.end());
  return {outside_, entered, variables, input};
}

ExecContext PidNamespace::context(const std::string& netns) const {
  return netns.empty() ? ExecContext{outside_.net, mnt_.get(), {}}
                       : ExecContext{-1, mnt_.get(), netns};
}

}  // namespace azcni::lab
