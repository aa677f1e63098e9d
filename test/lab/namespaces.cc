#include "namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace azcni::lab {
namespace {

UniqueFd open_namespace(int pid, const std::string& kind) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw std::runtime_error("open " + path + ": " + std::strerror(errno));
  return fd;
}

}  // namespace

Namespaces::Namespaces(const std::function<bool()>& set_up) {
  int ready[2], done[2];
  if (::pipe2(ready, O_CLOEXEC) != 0 || ::pipe2(done, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  const int pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool fine = ::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
                      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && set_up();
    const char result = fine ? 1 : 0;
    char ignored = 0;
    if (::write(ready[1], &result, 1) == 1 && ::read(done[0], &ignored, 1) >= 0) ::_exit(0);
    ::_exit(1);
  }
  const UniqueFd ready_in(ready[0]), ready_out(ready[1]), done_in(done[0]);
  UniqueFd done_out(done[1]);
  char result = 0;
  const bool fine = pid > 0 && ::read(ready_in.get(), &result, 1) == 1 && result == 1;
  if (fine) {
    net_ = open_namespace(pid, "net");
    mnt_ = open_namespace(pid, "mnt");
  }
  const char go = 1;
  const bool told = ::write(done_out.get(), &go, 1) == 1;
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  if (!fine || !told)
    throw std::runtime_error("the lab's namespaces can't be made: root is needed (sudo make test)");
}

void run_there(const ExecContext& context, const std::string& what,
               const std::function<bool()>& work) {
  const int pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (enter(context) && work()) ::_exit(0);
    ::_exit(errno == 0 ? 1 : errno);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (status != 0) throw std::runtime_error(what + ": " + std::strerror(WEXITSTATUS(status)));
}

}  // namespace azcni::lab
