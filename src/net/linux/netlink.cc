#include "azcni/net/netlink.h"

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "azcni/base/error.h"
#include "azcni/base/log.h"

namespace azcni::net {
namespace {

constexpr std::size_t kMaxMessage = 64 << 10;
constexpr int kMaxDumps = 20;  ///< on a node that creates pods, a dump is interrupted now and then

Error failure(const std::string& what, int error, const std::string& reason) {
  const Error plain = system_error(what, error);
  return reason.empty() ? plain : Error(plain.code(), std::string(plain.what()) + ": " + reason);
}

bool means_absent(int error) {
  return error == ENOENT || error == ESRCH || error == ENODEV || error == EADDRNOTAVAIL ||
         error == ENETUNREACH || error == EHOSTUNREACH;
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

Netlink::Netlink() : socket_(nl_socket_alloc()) {
  if (!socket_) throw std::bad_alloc();
  if (nl_connect(socket_.get(), NETLINK_ROUTE) < 0)
    throw system_error("open a netlink socket", errno);
  // A buffer that holds the largest dump message, so that no message is looked at twice.
  nl_socket_set_msg_buf_size(socket_.get(), kMaxMessage);
  nl_socket_disable_msg_peek(socket_.get());
  const int on = 1;
  // Best effort: without it an error is an errno alone.
  ::setsockopt(nl_socket_get_fd(socket_.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
}

bool Netlink::acknowledged(NetlinkMessage& message, const std::string& what, const Handler& handler,
                           bool (*accepted)(int)) {
  nlmsg_hdr(message.get())->nlmsg_flags |= NLM_F_ACK;
  const Answer answer = exchange(message, what, handler);
  if (answer.error != 0 && !accepted(answer.error))
    throw failure(what, answer.error, answer.reason);
  return answer.error == 0;
}

void Netlink::request(NetlinkMessage& message, const std::string& what) {
  acknowledged(message, what, nullptr, [](int) { return false; });
}

bool Netlink::request_unless_absent(NetlinkMessage& message, const std::string& what) {
  return acknowledged(message, what, nullptr, means_absent);
}

bool Netlink::request_unless_present(NetlinkMessage& message, const std::string& what) {
  return acknowledged(message, what, nullptr, [](int error) { return error == EEXIST; });
}

bool Netlink::get(NetlinkMessage& message, const std::string& what, const Handler& handler) {
  return acknowledged(message, what, handler, means_absent);
}

void Netlink::dump(NetlinkMessage& message, const std::string& what,
                   const std::function<void()>& restart, const Handler& handler) {
  nlmsg_hdr(message.get())->nlmsg_flags |= NLM_F_DUMP;
  for (int i = 0; i < kMaxDumps; ++i) {
    restart();
    const Answer answer = exchange(message, what, handler);
    if (answer.error != 0 && answer.error != EINTR)
      throw failure(what, answer.error, answer.reason);
    if (answer.error == 0 && !answer.interrupted) return;
  }
  throw Error(ErrorCode::kTryAgain,
              what + ": interrupted by changes " + std::to_string(kMaxDumps) + " times",
              "try again");
}

Netlink::Answer Netlink::exchange(NetlinkMessage& message, const std::string& what,
                                  const Handler& handler) {
  nlmsghdr* sent = nlmsg_hdr(message.get());
  sent->nlmsg_seq = NL_AUTO_SEQ;  // a message that is sent again gets a number of its own
  if (nl_send_auto(socket_.get(), message.get()) < 0) throw system_error("send: " + what, errno);
  const unsigned sequence = sent->nlmsg_seq;

  Answer answer;
  for (;;) {
    sockaddr_nl from{};
    unsigned char* raw = nullptr;
    errno = 0;
    int length = nl_recv(socket_.get(), &from, &raw, nullptr);
    const std::unique_ptr<unsigned char, decltype(&::free)> buffer(raw, ::free);
    if (length <= 0) throw system_error("receive the answer: " + what, errno);
    for (auto* header = reinterpret_cast<nlmsghdr*>(raw); nlmsg_ok(header, length);
         header = nlmsg_next(header, &length)) {
      if (header->nlmsg_seq != sequence) continue;
      answer.interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        // Both begin with a negative errno, or zero.
        answer.error = nlmsg_datalen(header) >= 4 ? -*static_cast<int*>(nlmsg_data(header)) : 0;
        if (header->nlmsg_type == NLMSG_ERROR) answer.reason = extended_reason(header);
        log::debug("netlink: {}: {}", what,
                   answer.error == 0
                       ? "ok"
                       : std::system_category().message(answer.error) + " " + answer.reason);
        return answer;
      }
      if (handler) handler(header);
    }
  }
}

}  // namespace azcni::net
