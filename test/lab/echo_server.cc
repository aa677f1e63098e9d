#include "echo_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace azcni::lab {
namespace {

void serve(int listening) {
  ::signal(SIGCHLD, SIG_IGN);
  for (;;) {
    const int client = ::accept(listening, nullptr, nullptr);
    if (client < 0) continue;
    if (::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      char chunk[65536];
      for (ssize_t got = 0; (got = ::read(client, chunk, sizeof chunk)) > 0;) {
        if (::write(client, chunk, static_cast<std::size_t>(got)) != got) break;
      }
      ::_exit(0);
    }
    ::close(client);
  }
}

}  // namespace

EchoServer::EchoServer(const ExecContext& context, int port) {
  int ready[2];
  if (::pipe(ready) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = enter(context) ? ::socket(AF_INET, SOCK_STREAM, 0) : -1;
    const sockaddr_in any{AF_INET, htons(static_cast<std::uint16_t>(port)), {}, {}};
    const bool listens = ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
                         ::listen(fd, 8) == 0;
    if (listens && ::write(ready[1], "x", 1) == 1) serve(fd);
    ::_exit(1);
  }
  ::close(ready[1]);
  char ignored = 0;
  const bool listens = ::read(ready[0], &ignored, 1) == 1;
  ::close(ready[0]);
  if (!listens) throw std::runtime_error("the echo server can't listen");
}

EchoServer::~EchoServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace azcni::lab
