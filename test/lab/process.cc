#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "azcni/base/environment.h"

namespace azcni::lab {
namespace {

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd memory_file(const std::string& content) {
  UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  if (::pwrite(fd.get(), content.data(), content.size(), 0) !=
      static_cast<ssize_t>(content.size())) {
    throw std::runtime_error("memfd");
  }
  return fd;
}

/// A proxy, a language or another runtime's call.
bool is_of_the_machine(const std::string& variable) {
  const std::string name = variable.substr(0, variable.find('='));
  return name.starts_with("LC_") || name.starts_with("LANG") || name.starts_with("CNI_") ||
         name.ends_with("_proxy") || name.ends_with("_PROXY");
}

/// Ours, with some replaced.
std::vector<std::string> environment_with(const Process::Variables& variables) {
  std::vector<std::string> environment = environment_variables();
  std::erase_if(environment, is_of_the_machine);
  for (const auto& variable : variables) {
    const std::string start = variable.first + "=";
    std::erase_if(environment, [&](const std::string& each) { return each.rfind(start, 0) == 0; });
    environment.push_back(start + variable.second);
  }
  return environment;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

bool enter(const ExecContext& context) {
  if (context.mnt >= 0 && ::setns(context.mnt, CLONE_NEWNS) != 0) return false;
  if (!context.netns.empty()) {
    const int fd = ::open(context.netns.c_str(), O_RDONLY | O_CLOEXEC);
    return fd >= 0 && ::setns(fd, CLONE_NEWNET) == 0;
  }
  return context.net < 0 || ::setns(context.net, CLONE_NEWNET) == 0;
}

Process::Process(const ExecContext& context, const std::vector<std::string>& argv,
                 const Variables& variables, const std::string& input) {
  // A thread may hold the heap's lock at fork: the child allocates nothing.
  const std::vector<std::string> environment = environment_with(variables);
  const std::vector<char*> arguments = pointers(argv);
  const std::vector<char*> environment_pointers = pointers(environment);
  const UniqueFd in = memory_file(input);
  auto [out, child_out] = make_pipe();
  auto [err, child_err] = make_pipe();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in.get(), 0);
    ::dup2(child_out.get(), 1);
    ::dup2(child_err.get(), 2);
    if (enter(context)) ::execvpe(arguments[0], arguments.data(), environment_pointers.data());
    ::dprintf(2, "%s: can't be run there: %s\n", arguments[0], std::strerror(errno));
    ::_exit(127);
  }
  out_ = std::move(out);
  err_ = std::move(err);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)) {}

Process::~Process() {
  if (pid_ < 0) return;
  kill(SIGKILL);
  wait();
}

void Process::kill(int signal) const { ::kill(pid_, signal); }

Exit Process::wait() {
  Exit exit;
  pollfd fds[] = {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}};
  std::string* texts[] = {&exit.out, &exit.err};
  char chunk[65536];
  for (int open = 2; open > 0;) {
    if (::poll(fds, 2, -1) < 0) continue;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      const ssize_t got = ::read(fds[i].fd, chunk, sizeof chunk);
      if (got > 0) {
        texts[i]->append(chunk, static_cast<std::size_t>(got));
      } else {
        fds[i].fd = -1;
        --open;
      }
    }
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  exit.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit;
}

Exit run(const ExecContext& context, const std::vector<std::string>& argv,
         const Process::Variables& variables, const std::string& input) {
  return Process(context, argv, variables, input).wait();
}

std::string must_run(const ExecContext& context, const std::vector<std::string>& argv,
                     const std::string& input) {
  const Exit exit = run(context, argv, {}, input);
  if (exit.status == 0) return exit.out;
  std::string command;
  for (const std::string& word : argv) command += word + " ";
  throw std::runtime_error(command + "failed: " + exit.err + exit.out + "\n" + input);
}

bool eventually(const std::function<bool()>& is_so) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    static_cast<void>(::poll(nullptr, 0, 10));
  }
  return true;
}

}  // namespace azcni::lab
