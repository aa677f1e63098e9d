#include "azcni/net/netlink.h"

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>

#include "azcni/base/error.h"
#include "azcni/base/log.h"

namespace azcni::net {
namespace {

constexpr std::chrono::seconds kLimit{30};  ///< the kernel answers at once, or something is wrong
constexpr std::size_t kMaxMessage = 64 << 10;
constexpr std::size_t kFewMessages = 32;  ///< whose answers any socket has room for
constexpr int kMaxDumps = 20;  ///< on a node that creates pods, a dump is interrupted now and then

Error failure(const std::string& what, int error, const std::string& reason) {
  const Error plain = system_error(what, error);
  return reason.empty() ? plain
                        : Error(plain.code(), std::string(plain.what()) + ": " + reason, {}, error);
}

/// The text that the kernel adds to an error since Linux 4.12 (NLMSGERR_ATTR_MSG).
std::string extended_reason(nlmsghdr* header) {
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  const auto* error = static_cast<nlmsgerr*>(nlmsg_data(header));
  std::size_t offset = sizeof(nlmsgerr);
  if ((header->nlmsg_flags & NLM_F_CAPPED) == 0) offset += error->msg.nlmsg_len - sizeof(nlmsghdr);
  if (offset >= static_cast<std::size_t>(nlmsg_datalen(header))) return {};
  auto* attributes = reinterpret_cast<nlattr*>(static_cast<char*>(nlmsg_data(header)) + offset);
  const int length = nlmsg_datalen(header) - static_cast<int>(offset);
  const nlattr* text = nla_find(attributes, length, NLMSGERR_ATTR_MSG);
  return text == nullptr ? std::string() : std::string(nla_get_string(text));
}

}  // namespace

bool means_absent(int error) {
  return error == ENOENT || error == ESRCH || error == ENODEV || error == EADDRNOTAVAIL ||
         error == ENETUNREACH || error == EHOSTUNREACH || error == EOPNOTSUPP;
}

unsigned char family_number(Family family) { return family == Family::kIpv4 ? AF_INET : AF_INET6; }

NetlinkMessage::NetlinkMessage(int type, int flags) : message_(nlmsg_alloc_simple(type, flags)) {
  if (!message_) throw std::bad_alloc();
}

NetlinkMessage& NetlinkMessage::append(const void* data, std::size_t length) {
  if (nlmsg_append(message_.get(), const_cast<void*>(data), length, NLMSG_ALIGNTO) < 0)
    throw std::bad_alloc();
  return *this;
}

NetlinkMessage& NetlinkMessage::put(int attribute, const void* data, std::size_t length) {
  if (nla_put(message_.get(), attribute, static_cast<int>(length), data) < 0)
    throw std::bad_alloc();
  return *this;
}

NetlinkMessage& NetlinkMessage::put(int attribute, std::string_view text) {
  const std::string terminated(text);
  return put(attribute, terminated.c_str(), terminated.size() + 1);
}

NetlinkMessage& NetlinkMessage::put(int attribute, const IpAddress& address) {
  return put(attribute, address.bytes().data(), address.bytes().size());
}

NetlinkMessage& NetlinkMessage::put(int attribute, const MacAddress& mac) {
  return put(attribute, mac.bytes.data(), mac.bytes.size());
}

NetlinkMessage& NetlinkMessage::put_u32(int attribute, std::uint32_t value) {
  return put(attribute, &value, sizeof value);
}

NetlinkMessage& NetlinkMessage::nest(int attribute, const std::function<void()>& fill) {
  nlattr* start = nla_nest_start(message_.get(), attribute);
  if (start == nullptr) throw std::bad_alloc();
  fill();
  nla_nest_end(message_.get(), start);
  return *this;
}

void Netlink::Close::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Netlink::Netlink(int protocol) : socket_(nl_socket_alloc()) {
  if (!socket_) throw std::bad_alloc();
  if (nl_connect(socket_.get(), protocol) < 0) throw system_error("open a netlink socket", errno);
  // A buffer that holds the largest dump message, so that no message is looked at twice.
  nl_socket_set_msg_buf_size(socket_.get(), kMaxMessage);
  nl_socket_disable_msg_peek(socket_.get());
  const timeval limit{kLimit.count(), 0};
  ::setsockopt(nl_socket_get_fd(socket_.get()), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  // Best effort: without it an error is an errno alone.
  ::setsockopt(nl_socket_get_fd(socket_.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
}

bool Netlink::filter_dumps() {
  const int on = 1;
  return ::setsockopt(nl_socket_get_fd(socket_.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
                      sizeof on) == 0;
}

bool Netlink::acknowledged(const NetlinkMessage& message, const std::string& what,
                           const Handler& handler, bool (*accepted)(int)) {
  nlmsg_hdr(message.get())->nlmsg_flags |= NLM_F_ACK;
  const Reply reply = exchange(message, what, handler);
  if (reply.error != 0 && !accepted(reply.error)) throw failure(what, reply.error, reply.reason);
  return reply.error == 0;
}

void Netlink::request(const NetlinkMessage& message, const std::string& what) {
  acknowledged(message, what, nullptr, [](int) { return false; });
}

bool Netlink::request_unless_absent(const NetlinkMessage& message, const std::string& what) {
  return acknowledged(message, what, nullptr, means_absent);
}

bool Netlink::request_unless_present(const NetlinkMessage& message, const std::string& what) {
  return acknowledged(message, what, nullptr, [](int error) { return error == EEXIST; });
}

bool Netlink::get(const NetlinkMessage& message, const std::string& what, const Handler& handler) {
  return acknowledged(message, what, handler, means_absent);
}

bool Netlink::is_understood(const NetlinkMessage& message, const std::string& what) {
  return acknowledged(message, what, nullptr,
                      [](int error) { return error == EINVAL || error == EOPNOTSUPP; });
}

void Netlink::dump(const NetlinkMessage& message, const std::string& what,
                   const std::function<void()>& restart, const Handler& handler,
                   IfAbsent if_absent) {
  nlmsg_hdr(message.get())->nlmsg_flags |= NLM_F_DUMP;
  for (int i = 0; i < kMaxDumps; ++i) {
    restart();
    const Reply reply = exchange(message, what, handler);
    if (reply.error == 0 && !reply.interrupted) return;
    if (reply.error == 0 || reply.error == EINTR) continue;
    if (if_absent == IfAbsent::kNone && means_absent(reply.error)) return;
    throw failure(what, reply.error, reply.reason);
  }
  throw Error(ErrorCode::kTryAgain,
              what + ": interrupted by changes " + std::to_string(kMaxDumps) + " times",
              "try again");
}

void Netlink::make_room(std::size_t request, std::size_t answers) {
  constexpr std::size_t kAnswer = 2048;  // what an acknowledgement is counted for, and more
  const auto reserve = [&](int beyond_limits, int option, std::size_t size) {
    const int fd = nl_socket_get_fd(socket_.get());
    const int bytes = static_cast<int>(size + kMaxMessage);
    if (::setsockopt(fd, SOL_SOCKET, beyond_limits, &bytes, sizeof bytes) == 0) return;
    // The root of a user namespace: within net.core's limits, which are enough for most.
    ::setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
  };
  reserve(SO_SNDBUFFORCE, SO_SNDBUF, request);
  reserve(SO_RCVBUFFORCE, SO_RCVBUF, answers * kAnswer);
}

std::vector<unsigned> Netlink::send_all(std::vector<NetlinkMessage>& messages,
                                        const std::string& what) {
  std::string all;
  std::vector<unsigned> sequences;
  for (const NetlinkMessage& message : messages) {
    nlmsghdr* header = nlmsg_hdr(message.get());
    header->nlmsg_seq = nl_socket_use_seq(socket_.get());
    header->nlmsg_pid = nl_socket_get_local_port(socket_.get());
    header->nlmsg_flags |= NLM_F_REQUEST;
    sequences.push_back(header->nlmsg_seq);
    all.append(reinterpret_cast<const char*>(header), header->nlmsg_len);
    all.resize(NLMSG_ALIGN(all.size()));
  }
  if (messages.size() > kFewMessages) make_room(all.size(), messages.size());
  if (nl_sendto(socket_.get(), all.data(), all.size()) < 0)
    throw system_error("send: " + what, errno);
  return sequences;
}

std::vector<Netlink::Reply> Netlink::exchange(std::vector<NetlinkMessage>& messages,
                                              const std::string& what) {
  std::vector<Reply> replies;
  if (messages.empty()) return replies;
  for (const NetlinkMessage& message : messages) nlmsg_hdr(message.get())->nlmsg_flags |= NLM_F_ACK;
  for (const unsigned sequence : send_all(messages, what))
    replies.push_back(receive(sequence, what, nullptr));
  return replies;
}

void Netlink::sequence(std::vector<NetlinkMessage>& messages, const std::string& what) {
  const std::vector<Reply> replies = exchange(messages, what);
  ErrorList errors;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Reply& reply = replies[i];
    const bool deletes = nlmsg_hdr(messages[i].get())->nlmsg_type % 4 == 1;  // RTM_DEL…
    if (reply.error == 0 || messages[i].optional) continue;
    if (deletes ? means_absent(reply.error) : reply.error == EEXIST) continue;
    errors.attempt([&] { throw failure(what, reply.error, reply.reason); });
  }
  errors.throw_if_any();
}

void Netlink::transaction(std::vector<NetlinkMessage>& messages, const std::string& what) {
  for (std::size_t i = 1; i + 1 < messages.size(); ++i) {
    nlmsg_hdr(messages[i].get())->nlmsg_flags |= NLM_F_ACK;
  }
  const std::vector<unsigned> sequences = send_all(messages, what);
  for (std::size_t i = 1; i + 1 < messages.size(); ++i) {
    const Reply reply = receive(sequences[i], what, nullptr);
    if (reply.error == 0) continue;
    drop_answers();
    throw failure(what, reply.error, reply.reason);
  }
}

void Netlink::drop_answers() {
  // How many there are depends on what was refused; the kernel had answered when send returned.
  char byte = 0;
  while (::recv(nl_socket_get_fd(socket_.get()), &byte, sizeof byte, MSG_DONTWAIT) > 0) {
  }
}

Netlink::Reply Netlink::exchange(const NetlinkMessage& message, const std::string& what,
                                 const Handler& handler) {
  nlmsghdr* sent = nlmsg_hdr(message.get());
  sent->nlmsg_seq = NL_AUTO_SEQ;  // a message that is sent again gets a number of its own
  if (nl_send_auto(socket_.get(), message.get()) < 0) throw system_error("send: " + what, errno);
  return receive(sent->nlmsg_seq, what, handler);
}

Netlink::Reply Netlink::receive(unsigned sequence, const std::string& what,
                                const Handler& handler) {
  Reply reply;
  for (;;) {
    sockaddr_nl from{};
    unsigned char* raw = nullptr;
    errno = 0;
    int length = nl_recv(socket_.get(), &from, &raw, nullptr);
    const std::unique_ptr<unsigned char, decltype(&::free)> buffer(raw, ::free);
    if (length <= 0) throw system_error("receive the answer: " + what, errno);
    for (auto* header = reinterpret_cast<nlmsghdr*>(raw); nlmsg_ok(header, length);
         header = nlmsg_next(header, &length)) {
      // An error is ours whatever its number: that of a batch bears the number of its first mark.
      const bool is_error = header->nlmsg_type == NLMSG_ERROR && nlmsg_datalen(header) >= 4 &&
                            *static_cast<int*>(nlmsg_data(header)) != 0;
      if (header->nlmsg_seq != sequence && !(is_error && header->nlmsg_seq < sequence)) continue;
      reply.interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        // Both begin with a negative errno, or zero.
        reply.error = nlmsg_datalen(header) >= 4 ? -*static_cast<int*>(nlmsg_data(header)) : 0;
        if (header->nlmsg_type == NLMSG_ERROR) reply.reason = extended_reason(header);
        log::debug("netlink: {}: {}", what,
                   reply.error == 0
                       ? "ok"
                       : std::system_category().message(reply.error) + " " + reply.reason);
        return reply;
      }
      if (handler) handler(header);
    }
  }
}

}  // namespace azcni::net
