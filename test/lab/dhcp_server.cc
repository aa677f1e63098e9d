#include "dhcp_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

namespace azcni::lab {
namespace {

using Bytes = std::vector<std::uint8_t>;

// RFC 2131, 2132: where a message has what.
constexpr std::size_t kYourAddress = 16, kOptions = 240;
constexpr std::uint8_t kMaskOption = 1, kRouterOption = 3, kDnsOption = 6, kDomainOption = 15,
                       kLeaseOption = 51, kTypeOption = 53, kServerOption = 54, kRoutesOption = 121,
                       kEnd = 255;
constexpr std::uint8_t kDiscover = 1, kOffer = 2, kRequest = 3, kAck = 5;
constexpr const char* kServer = "168.63.129.16";

Bytes address_bytes(const std::string& text) {
  Bytes bytes(4);
  ::inet_pton(AF_INET, text.c_str(), bytes.data());
  return bytes;
}

std::optional<std::uint8_t> type_of(const Bytes& message) {
  for (std::size_t at = kOptions; at + 2 < message.size() && message[at] != kEnd;) {
    if (message[at] == kTypeOption) return message[at + 2];
    at += message[at] == 0 ? 1 : 2 + message[at + 1];
  }
  return std::nullopt;
}

/// RFC 3442: the length of the destination, its bytes, the router.
Bytes routes_by(const std::string& gateway) {
  const Bytes wireserver = address_bytes(kServer), metadata = address_bytes("169.254.169.254"),
              router = address_bytes(gateway);
  Bytes routes;
  for (const Bytes& host : {wireserver, metadata}) {
    routes.push_back(32);
    routes.insert(routes.end(), host.begin(), host.end());
    routes.insert(routes.end(), router.begin(), router.end());
  }
  routes.push_back(0);
  routes.insert(routes.end(), router.begin(), router.end());
  return routes;
}

Bytes reply_to(Bytes message, std::uint8_t type, const Nic& nic, int lease) {
  message.resize(kOptions);
  message[0] = 2;
  const Bytes yours = address_bytes(nic.ip4);
  std::copy(yours.begin(), yours.end(), message.begin() + kYourAddress);
  const auto add_option = [&](std::uint8_t option, const Bytes& value) {
    message.push_back(option);
    message.push_back(static_cast<std::uint8_t>(value.size()));
    message.insert(message.end(), value.begin(), value.end());
  };
  const auto seconds = static_cast<std::uint32_t>(lease);
  const std::string domain = "internal.cloudapp.net";
  add_option(kTypeOption, {type});
  add_option(kServerOption, address_bytes(kServer));
  add_option(kLeaseOption,
             {static_cast<std::uint8_t>(seconds >> 24), static_cast<std::uint8_t>(seconds >> 16),
              static_cast<std::uint8_t>(seconds >> 8), static_cast<std::uint8_t>(seconds)});
  add_option(kMaskOption, {255, 255, 0, 0});
  add_option(kRouterOption, address_bytes(nic.gateway4));
  add_option(kDnsOption, address_bytes(kServer));
  add_option(kDomainOption, Bytes(domain.begin(), domain.end()));
  add_option(kRoutesOption, routes_by(nic.gateway4));
  message.push_back(kEnd);
  return message;
}

int listen_on(const std::string& port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, port.c_str(),
               static_cast<socklen_t>(port.size() + 1));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(67);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 ? fd : -1;
}

/// The client has no address that it could be asked for by ARP: the fabric knows its NIC's.
void serve_dhcp(int fd, const Nic& nic, int lease) {
  sockaddr_in client{};
  client.sin_family = AF_INET;
  client.sin_port = htons(68);
  ::inet_pton(AF_INET, nic.ip4.c_str(), &client.sin_addr);
  for (;;) {
    Bytes request(1500);
    const ssize_t got = ::recv(fd, request.data(), request.size(), 0);
    if (got < static_cast<ssize_t>(kOptions)) continue;
    request.resize(static_cast<std::size_t>(got));
    const auto type = type_of(request);
    if (type != kDiscover && type != kRequest) continue;
    const Bytes reply = reply_to(request, type == kDiscover ? kOffer : kAck, nic, lease);
    ::sendto(fd, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&client),
             sizeof client);
  }
}

}  // namespace

DhcpServer::DhcpServer(const ExecContext& fabric, const std::string& port, const Nic& nic,
                       int lease) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = enter(fabric) ? listen_on(port) : -1;
    if (fd >= 0 && ::write(ready[1], "x", 1) == 1) serve_dhcp(fd, nic, lease);
    ::_exit(1);
  }
  ::close(ready[1]);
  char ignored = 0;
  const bool listens = ::read(ready[0], &ignored, 1) == 1;
  ::close(ready[0]);
  if (!listens) throw std::runtime_error("the DHCP server can't listen on " + port);
}

DhcpServer::~DhcpServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace azcni::lab
