#include "wire.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace {
azcni::test::Wire* the_wire = nullptr;

bool is_recorded(int socket) {
  int domain = 0;
  socklen_t length = sizeof domain;
  return the_wire != nullptr &&
         ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK;
}
}  // namespace

// The names are the linker's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
ssize_t __real_sendmsg(int socket, const msghdr* message, int flags);
ssize_t __real_sendto(int socket, const void* data, std::size_t length, int flags,
                      const sockaddr* to, socklen_t to_length);
ssize_t __real_recvmsg(int socket, msghdr* message, int flags);

ssize_t __wrap_sendmsg(int socket, const msghdr* message, int flags) {
  if (!is_recorded(socket)) return __real_sendmsg(socket, message, flags);
  std::string datagram;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& part = message->msg_iov[i];
    datagram.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  the_wire->take(datagram);
  return static_cast<ssize_t>(datagram.size());
}

ssize_t __wrap_sendto(int socket, const void* data, std::size_t length, int flags,
                      const sockaddr* to, socklen_t to_length) {
  if (!is_recorded(socket)) return __real_sendto(socket, data, length, flags, to, to_length);
  the_wire->take({static_cast<const char*>(data), length});
  return static_cast<ssize_t>(length);
}

ssize_t __wrap_recvmsg(int socket, msghdr* message, int flags) {
  if (!is_recorded(socket)) return __real_recvmsg(socket, message, flags);
  const std::string datagram = the_wire->reply();
  if (datagram.empty()) {
    errno = EAGAIN;
    return -1;
  }
  const std::size_t length = std::min(datagram.size(), message->msg_iov->iov_len);
  std::memcpy(message->msg_iov->iov_base, datagram.data(), length);
  const sockaddr_nl kernel{AF_NETLINK, 0, 0, 0};
  std::memcpy(message->msg_name, &kernel, sizeof kernel);
  message->msg_namelen = sizeof kernel;
  message->msg_controllen = 0;
  message->msg_flags = 0;
  return static_cast<ssize_t>(length);
}
}
// NOLINTEND(readability-identifier-naming)

namespace azcni::test {
namespace {

/// A message of the kernel's with four bytes: NLMSG_ERROR and NLMSG_DONE begin with an errno.
std::string closing(std::uint16_t type, const nlmsghdr& request, int error) {
  struct {
    nlmsghdr header;
    nlmsgerr body;
  } message{{sizeof message, type, 0, request.nlmsg_seq, 0}, {-error, request}};
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

}  // namespace

Wire::Wire() { the_wire = this; }
Wire::~Wire() { the_wire = nullptr; }

std::string Wire::sent() { return std::exchange(sent_, {}); }

void Wire::fail_next(int error) { errors_.push_back(error); }

void Wire::answer_next(const std::vector<net::NetlinkMessage>& objects) {
  std::string all;
  for (const net::NetlinkMessage& object : objects) {
    const nlmsghdr* header = nlmsg_hdr(object.get());
    all.append(reinterpret_cast<const char*>(header), header->nlmsg_len);
    all.resize(NLMSG_ALIGN(all.size()));
  }
  objects_.push_back(std::move(all));
}

void Wire::take(const std::string& datagram) {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
    nlmsghdr header{};
    std::memcpy(&header, datagram.data() + at, sizeof header);
    std::string message = datagram.substr(at, header.nlmsg_len);
    at += NLMSG_ALIGN(header.nlmsg_len);
    acknowledge(header);
    header.nlmsg_seq = header.nlmsg_pid = 0;
    std::memcpy(message.data(), &header, sizeof header);
    char text[64];
    std::snprintf(text, sizeof text, "type 0x%04x flags 0x%04x\n", header.nlmsg_type,
                  header.nlmsg_flags);
    sent_ += text;
    for (std::size_t i = sizeof header; i < message.size(); ++i) {
      std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(message[i]));
      const std::size_t offset = i - sizeof header;
      sent_ += offset % 32 == 0 ? std::string(offset == 0 ? "  " : "\n  ") : "";
      sent_ += offset % 4 == 0 && offset % 32 != 0 ? " " : "";
      sent_ += text;
    }
    sent_ += message.size() > sizeof header ? "\n" : "";
  }
}

void Wire::acknowledge(const nlmsghdr& request) {
  const bool is_dump = (request.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (!is_dump && (request.nlmsg_flags & NLM_F_ACK) == 0) return;
  if (!objects_.empty()) {
    std::string objects = std::exchange(objects_.front(), {});
    objects_.pop_front();
    for (std::size_t at = 0; at < objects.size();) {
      auto* header = reinterpret_cast<nlmsghdr*>(objects.data() + at);
      header->nlmsg_seq = request.nlmsg_seq;
      at += NLMSG_ALIGN(header->nlmsg_len);
    }
    if (!objects.empty()) replies_.push_back(std::move(objects));
  }
  int error = 0;
  if (!errors_.empty()) {
    error = errors_.front();
    errors_.pop_front();
  }
  replies_.push_back(closing(is_dump && error == 0 ? NLMSG_DONE : NLMSG_ERROR, request, error));
}

std::string Wire::reply() {
  if (replies_.empty()) return {};
  std::string next = std::move(replies_.front());
  replies_.pop_front();
  return next;
}

}  // namespace azcni::test
