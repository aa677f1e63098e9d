#include "whoami_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace azcni::lab {
namespace {

/// Bound to every address of both families.
int open_socket(int type, int port) {
  const int fd = ::socket(AF_INET6, type, 0);
  const int off = 0, on = 1;
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
  return bound && (type == SOCK_DGRAM || ::listen(fd, 8) == 0) ? fd : -1;
}

std::string name_of(const sockaddr_in6& caller) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &caller.sin6_addr, text, sizeof text);
  const std::string name = text, mapped = "::ffff:";
  return (name.rfind(mapped, 0) == 0 ? name.substr(mapped.size()) : name) + "\n";
}

/// From the address that was asked, which may be one of many.
void answer_datagram(int fd) {
  sockaddr_in6 caller{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo))];
  char ignored[64];
  iovec data{ignored, sizeof ignored};
  msghdr message{};
  message.msg_name = &caller;
  message.msg_namelen = sizeof caller;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(fd, &message, 0) < 0) return;
  if (cmsghdr* info = CMSG_FIRSTHDR(&message))
    reinterpret_cast<in6_pktinfo*>(CMSG_DATA(info))->ipi6_ifindex = 0;
  std::string name = name_of(caller);
  data = {name.data(), name.size()};
  ::sendmsg(fd, &message, 0);
}

void serve(int stream, int datagram) {
  pollfd sockets[] = {{stream, POLLIN, 0}, {datagram, POLLIN, 0}};
  while (::poll(sockets, 2, -1) > 0) {
    sockaddr_in6 caller{};
    socklen_t length = sizeof caller;
    auto* address = reinterpret_cast<sockaddr*>(&caller);
    if (sockets[0].revents != 0) {
      const int client = ::accept(stream, address, &length);
      const std::string name = name_of(caller);
      if (::write(client, name.data(), name.size()) < 0) ::_exit(1);
      ::close(client);
    } else {
      answer_datagram(datagram);
    }
  }
}

}  // namespace

WhoamiServer::WhoamiServer(const ExecContext& context, int port) {
  int ready[2];
  if (::pipe(ready) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool entered = enter(context);
    const int stream = entered ? open_socket(SOCK_STREAM, port) : -1;
    const int datagram = entered ? open_socket(SOCK_DGRAM, port) : -1;
    if (stream >= 0 && datagram >= 0 && ::write(ready[1], "x", 1) == 1) serve(stream, datagram);
    ::_exit(1);
  }
  ::close(ready[1]);
  char ignored = 0;
  const bool listens = ::read(ready[0], &ignored, 1) == 1;
  ::close(ready[0]);
  if (!listens) throw std::runtime_error("the greeter can't listen");
}

WhoamiServer::~WhoamiServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string greeting(const ExecContext& from, const std::string& protocol,
                     const std::string& address, int port) {
  const std::string script =
      "exec 3<>\"/dev/$1/$2/$3\" || exit 1\n[ \"$1\" = tcp ] || echo >&3\nname=$(head -n 1 <&3) && "
      "printf %s \"$name\"";  // `read` takes bytes one by one, which a datagram does not survive
  return run(from, {"timeout", "10", "bash", "-c", script, "bash", protocol, address,
                    std::to_string(port)})
      .out;
}

}  // namespace azcni::lab
