#pragma once

// Linux only: the rtnetlink socket below net's interfaces and network's Linux backend.

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/attributes.h"

struct nl_sock;

namespace azcni::net {

/// AF_INET or AF_INET6.
unsigned char family_number(Family family);

/// A request under construction: the fixed header of its type, then attributes.
class NetlinkMessage {
 public:
  NetlinkMessage(int type, int flags);
  template <typename Header>
  NetlinkMessage(int type, int flags, const Header& header) : NetlinkMessage(type, flags) {
    append(&header, sizeof header);
  }

  NetlinkMessage& put(int attribute, const void* data, std::size_t length);
  NetlinkMessage& put(int attribute, std::string_view text);  ///< NUL-terminated on the wire
  NetlinkMessage& put(int attribute, const IpAddress& address);
  NetlinkMessage& put(int attribute, const MacAddress& mac);
  NetlinkMessage& put_u32(int attribute, std::uint32_t value);
  /// Attributes put by `fill` are nested in this one; after `header`, if it has one.
  NetlinkMessage& nest(int attribute, const std::function<void()>& fill);
  NetlinkMessage& append(const void* data, std::size_t length);

  nl_msg* get() const { return message_.get(); }

  bool optional = false;  ///< within a sequence: it is no error if the kernel refuses

 private:
  struct Free {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
  };
  std::unique_ptr<nl_msg, Free> message_;
};

/// True for an errno by which the kernel says that an object is not there.
bool means_absent(int error);

/// A netlink socket (rtnetlink unless said otherwise) of the network namespace in which it was
/// made; it stays there wherever the thread goes. Failures throw Error(kSystem): "<what>: <errno's
/// text>: <the kernel's own reason>".
///
///     Netlink netlink;
///     const std::vector<std::string> names = netlink.list<ifinfomsg>(
///         NetlinkMessage(RTM_GETLINK, 0, rtgenmsg{AF_UNSPEC}), "list links",
///         [](const ifinfomsg&, const Attributes& link) { return link.text(IFLA_IFNAME); });
///
///     std::vector<NetlinkMessage> moves;
///     moves.emplace_back(RTM_DELADDR, 0, ifaddrmsg{AF_INET, 24, 0, 0, from})
///         .put(IFA_LOCAL, address);
///     moves.emplace_back(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifaddrmsg{AF_INET, 24, 0, 0, to})
///         .put(IFA_LOCAL, address);
///     netlink.sequence(moves, "move an address");
class Netlink {
 public:
  explicit Netlink(int protocol = NETLINK_ROUTE);

  /// From now on what a dump's header and attributes name is what it has (Linux 4.20), in another
  /// namespace too; a kernel before that dumps all. Returns whether it does.
  bool filter_dumps();

  using Handler = std::function<void(nlmsghdr*)>;

  /// What the kernel said of a request.
  struct Reply {
    int error = 0;       ///< an errno; 0: it was done
    std::string reason;  ///< the kernel's extended acknowledgement
    bool interrupted = false;
  };

  /// Sends it and waits for the acknowledgement.
  void request(const NetlinkMessage& message, const std::string& what);
  /// As request, for deletions: false if there was nothing (ENOENT, ESRCH, ENODEV, …).
  bool request_unless_absent(const NetlinkMessage& message, const std::string& what);
  /// As request, for additions: false if it was there already (EEXIST).
  bool request_unless_present(const NetlinkMessage& message, const std::string& what);
  /// A single object; false if there is none.
  bool get(const NetlinkMessage& message, const std::string& what, const Handler& handler);
  /// False if the kernel has no request of that type: EINVAL or EOPNOTSUPP.
  bool is_understood(const NetlinkMessage& message, const std::string& what);
  /// Every object of a kind; `if_absent`: what it means that the thing that would hold them is not
  /// there. Begun again when a change interrupted it (NLM_F_DUMP_INTR), so `restart` is called
  /// before each try, to forget what the last one brought.
  enum class IfAbsent { kFail, kNone };
  void dump(const NetlinkMessage& message, const std::string& what,
            const std::function<void()>& restart, const Handler& handler,
            IfAbsent if_absent = IfAbsent::kFail);
  /// As dump: what `parse`, which returns an optional, does not leave out.
  template <typename Header, typename Parse>
  auto list(const NetlinkMessage& message, const std::string& what, const Parse& parse,
            IfAbsent if_absent = IfAbsent::kFail) {
    std::vector<typename std::invoke_result_t<Parse, const Header&, const Attributes&>::value_type>
        found;
    const auto take = [&](nlmsghdr* reply) {
      if (auto each = parsed<Header>(reply, parse)) found.push_back(std::move(*each));
    };
    dump(
        message, what, [&] { found.clear(); }, take, if_absent);
    return found;
  }
  /// As get: what `parse` returns, an optional; nullopt if there is none.
  template <typename Header, typename Parse>
  auto find(const NetlinkMessage& message, const std::string& what, const Parse& parse) {
    std::invoke_result_t<Parse, const Header&, const Attributes&> found;
    get(message, what, [&](nlmsghdr* reply) { found = parsed<Header>(reply, parse); });
    return found;
  }
  /// Messages in one system call, one after the other: whoever is killed, and whatever the kernel
  /// refuses, the others are done. A reply for each.
  std::vector<Reply> exchange(std::vector<NetlinkMessage>& messages, const std::string& what);
  /// As exchange, where the caller has no use for single replies.
  /// An addition of what is there and a deletion of what is not are no errors; the first other
  /// failure is thrown, after the rest was tried.
  void sequence(std::vector<NetlinkMessage>& messages, const std::string& what);
  /// Messages that take effect together or not at all (nfnetlink): the first and the last are the
  /// marks of the batch, each of the others is acknowledged.
  void transaction(std::vector<NetlinkMessage>& messages, const std::string& what);

 private:
  template <typename Header, typename Parse>
  static auto parsed(nlmsghdr* reply, const Parse& parse) {
    return parse(*static_cast<const Header*>(nlmsg_data(reply)), Attributes(reply, sizeof(Header)));
  }
  /// True for success, false for an errno that is `accepted`; throws otherwise.
  bool acknowledged(const NetlinkMessage& message, const std::string& what, const Handler& handler,
                    bool (*accepted)(int));
  /// In the socket's buffers: the kernel answers the whole of a request before we read.
  void make_room(std::size_t request, std::size_t answers);
  /// Those that have come and that nobody read.
  void drop_answers();
  /// Returns the messages' sequence numbers.
  std::vector<unsigned> send_all(std::vector<NetlinkMessage>& messages, const std::string& what);
  Reply receive(unsigned sequence, const std::string& what, const Handler& handler);
  Reply exchange(const NetlinkMessage& message, const std::string& what, const Handler& handler);

  struct Close {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Close> socket_;
};

}  // namespace azcni::net
