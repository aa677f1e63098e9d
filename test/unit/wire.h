#pragma once

#include <deque>
#include <string>
#include <vector>

#include "azcni/net/netlink.h"

namespace azcni::test {

/// Stands between the netlink library and the kernel of this process's sockets while it lives: what
/// is sent is recorded as bytes, and acknowledged. So messages are tested without root, and without
/// a kernel that would take them. Works by the linker's --wrap of the calls.
///
///     Wire wire;
///     wire.fail_next(EEXIST);
///     ensure_route(netlink, route);
///     EXPECT_EQ(wire.sent(), ...);
class Wire {
 public:
  Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  /// What was sent since the last call: a line with the type and the flags of each message, then
  /// its bytes in hexadecimal digits. Sequence and port numbers are zero.
  std::string sent();

  /// The next request is refused so.
  void fail_next(int error);
  /// The next request that is no batch is answered with these objects.
  void answer_next(const std::vector<net::NetlinkMessage>& objects);

  // Called in place of the system.
  void take(const std::string& datagram);
  std::string reply();

 private:
  void acknowledge(const nlmsghdr& request);

  std::string sent_;
  std::deque<std::string> replies_;
  std::deque<int> errors_;
  std::deque<std::string> objects_;
};

}  // namespace azcni::test
