#include "azcni/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "azcni/base/error.h"
#include "azcni/base/unique_fd.h"

namespace azcni {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;

/// The whole input in a memory file: a pipe would need somebody to feed it.
UniqueFd input_file(const std::string& input) {
  UniqueFd fd(::memfd_create("stdin", MFD_CLOEXEC));
  if (!fd) throw system_error("create a memory file", errno);
  if (::pwrite(fd.get(), input.data(), input.size(), 0) != static_cast<ssize_t>(input.size())) {
    throw system_error("write a memory file", errno);
  }
  return fd;
}

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  /// The child gets `from` as `to`; where both are one, that keeps it open across exec.
  void connect(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Milliseconds until the deadline, for poll(2); 0 when it is past.
int remaining(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

/// Reads until the other side closes; if it does not in time, or goes on for too long, the reason
/// to end it.
std::optional<Subprocess::Killed> read_to_end(int fd,
                                              std::chrono::steady_clock::time_point deadline,
                                              std::string& output) {
  char chunk[16384];
  for (;;) {
    pollfd readable{fd, POLLIN, 0};
    const int ready = ::poll(&readable, 1, remaining(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Subprocess::Killed::kForTime;
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    output.append(chunk, static_cast<std::size_t>(got));
    if (output.size() > kMaxOutput) return Subprocess::Killed::kForLength;
  }
}

/// A child may close its stdout and live on: its end has the same deadline.
bool ends_until(int pid, std::chrono::steady_clock::time_point deadline) {
  const UniqueFd child(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child) return true;  // a kernel before 5.3: waitpid has to do
  pollfd ended{child.get(), POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&ended, 1, remaining(deadline));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return true;
  }
}

int exit_status_of(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

struct Subprocess::Child {
  int pid = -1;
  UniqueFd output;
  std::chrono::steady_clock::time_point deadline;
};

Subprocess::Subprocess(const Command& command) : child_(std::make_unique<Child>()) {
  child_->deadline = std::chrono::steady_clock::now() + command.limit;
  const UniqueFd input = input_file(command.input);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("create a pipe", errno);
  child_->output.reset(ends[0]);
  const UniqueFd child_output(ends[1]);

  SpawnActions actions;
  actions.connect(input.get(), STDIN_FILENO);
  actions.connect(child_output.get(), STDOUT_FILENO);
  if (command.inherited_fd >= 0) actions.connect(command.inherited_fd, command.inherited_fd);

  std::vector<char*> argv{const_cast<char*>(command.path.c_str())};
  for (const std::string& argument : command.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (const std::string& variable : command.environment) {
    environment.push_back(const_cast<char*>(variable.c_str()));
  }
  environment.push_back(nullptr);
  // Ignored, as we may inherit it, the kernel would keep no status of the child for us.
  ::signal(SIGCHLD, SIG_DFL);
  const int failure = ::posix_spawn(&child_->pid, command.path.c_str(), actions.get(), nullptr,
                                    argv.data(), environment.data());
  if (failure != 0) throw system_error("start " + command.path, failure);
}

Subprocess::Subprocess(Subprocess&& other) noexcept = default;

Subprocess::~Subprocess() {
  if (child_) wait();
}

Subprocess::Exit Subprocess::wait() {
  const std::unique_ptr<Child> child = std::move(child_);
  Exit exit;
  exit.killed = read_to_end(child->output.get(), child->deadline, exit.output);
  if (!exit.killed && !ends_until(child->pid, child->deadline)) exit.killed = Killed::kForTime;
  if (exit.killed) ::kill(child->pid, SIGKILL);
  exit.status = exit_status_of(child->pid);
  return exit;
}

}  // namespace azcni
