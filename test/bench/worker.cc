#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <stdexcept>

namespace azcni::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// One call of the plugin: its environment and arguments, ready to be started.
class Call {
 public:
  Call(const Subject& subject, const std::string& plugins, const lab::Pod& pod, bool add)
      : program_(subject.program) {
    variables_ = {std::string("CNI_COMMAND=") + (add ? "ADD" : "DEL"),
                  "CNI_CONTAINERID=" + pod.container_id,
                  "CNI_NETNS=" + pod.netns,
                  "CNI_IFNAME=eth0",
                  "CNI_PATH=" + plugins + ":/usr/lib/cni",
                  "CNI_ARGS=" + pod.cni_args(),
                  "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    if (!subject.delegate.empty()) variables_.push_back("FLOOR_DELEGATE=" + subject.delegate);
  }

  int start(int config, int output) {
    std::vector<char*> environment;
    for (std::string& variable : variables_) environment.push_back(variable.data());
    environment.push_back(nullptr);
    char* argv[] = {program_.data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, config, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, 1);
    int pid = -1;
    const int failure =
        ::posix_spawn(&pid, program_.c_str(), &actions, nullptr, argv, environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    return failure == 0 ? pid : -1;
  }

 private:
  std::string program_;
  std::vector<std::string> variables_;
};

UniqueFd config_file(const std::string& text) {
  UniqueFd fd(::memfd_create("config", 0));
  if (::pwrite(fd.get(), text.data(), text.size(), 0) < 0) throw std::runtime_error("memfd");
  return fd;
}

void write_all(int fd, const void* data, std::size_t size) {
  if (::write(fd, data, size) != static_cast<ssize_t>(size)) ::_exit(1);
}

void read_all(int fd, void* data, std::size_t size) {
  auto* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(fd, bytes, size);
    if (got <= 0) throw std::runtime_error("the bench's worker ended");
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

Worker::Worker(const lab::Vm& vm, Subject subject, std::string plugins, std::vector<lab::Pod> pods)
    : subject_(std::move(subject)), plugins_(std::move(plugins)), pods_(std::move(pods)) {
  int requests[2], replies[2];
  if (::pipe2(requests, O_CLOEXEC) != 0 || ::pipe2(replies, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  pid_ = ::fork();
  if (pid_ == 0) {
    requests_.reset(requests[0]);
    replies_.reset(replies[1]);
    serve(vm.context());
  }
  ::close(requests[0]);
  ::close(replies[1]);
  requests_.reset(requests[1]);
  replies_.reset(replies[0]);
}

Worker::~Worker() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Outcome Worker::run(const Batch& batch) {
  write_all(requests_.get(), &batch, sizeof batch);
  Outcome outcome;
  outcome.milliseconds.resize(static_cast<std::size_t>(batch.count));
  read_all(replies_.get(), outcome.milliseconds.data(),
           outcome.milliseconds.size() * sizeof(double));
  read_all(replies_.get(), &outcome.seconds, sizeof outcome.seconds);
  read_all(replies_.get(), &outcome.failed, sizeof outcome.failed);
  read_all(replies_.get(), &outcome.peak_kb, sizeof outcome.peak_kb);
  return outcome;
}

void Worker::serve(const lab::ExecContext& place) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!lab::enter(place)) ::_exit(1);
  for (Batch batch; ::read(requests_.get(), &batch, sizeof batch) == sizeof batch;) {
    const Outcome outcome = run_here(batch);
    write_all(replies_.get(), outcome.milliseconds.data(),
              outcome.milliseconds.size() * sizeof(double));
    write_all(replies_.get(), &outcome.seconds, sizeof outcome.seconds);
    write_all(replies_.get(), &outcome.failed, sizeof outcome.failed);
    write_all(replies_.get(), &outcome.peak_kb, sizeof outcome.peak_kb);
  }
  ::_exit(0);
}

Outcome Worker::run_here(const Batch& batch) const {
  const std::string config = subject_.config.dump();
  const UniqueFd output(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  struct Running {
    std::size_t index;
    Clock::time_point began;
    UniqueFd input;
  };
  std::map<int, Running> running;
  Outcome outcome;
  outcome.milliseconds.resize(static_cast<std::size_t>(batch.count));
  const auto began = Clock::now();
  for (int next = 0; next < batch.count || !running.empty();) {
    if (next < batch.count && static_cast<int>(running.size()) < batch.at_once) {
      Call call(subject_, plugins_, pods_.at(static_cast<std::size_t>(batch.first + next)),
                batch.add);
      UniqueFd input = config_file(config);
      const auto start = Clock::now();
      const int pid = call.start(input.get(), output.get());
      running.emplace(pid, Running{static_cast<std::size_t>(next), start, std::move(input)});
      ++next;
      continue;
    }
    int status = 0;
    rusage usage{};
    const int pid = ::wait4(-1, &status, 0, &usage);
    const auto ended = running.find(pid);
    if (ended == running.end()) continue;
    outcome.milliseconds[ended->second.index] =
        std::chrono::duration<double, std::milli>(Clock::now() - ended->second.began).count();
    outcome.failed += status == 0 ? 0 : 1;
    outcome.peak_kb = std::max(outcome.peak_kb, usage.ru_maxrss);
    running.erase(ended);
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return outcome;
}

}  // namespace azcni::bench
