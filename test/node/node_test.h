#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "node.h"

namespace azcni::test {

/// The plugins come by their package.
void install(Node& node);

/// What may be without an answer while something happens: the host and a pod, asked five times a
/// second from the fabric, and names that the host asks for, twice a second.
struct Bounds {
  int host = 0;
  int pod = 0;
  int names = 0;
};

/// Of what disturbs nobody: the emulated node may miss something by itself, in seconds.
inline constexpr Bounds kQuiet{2, 2, 2};
/// Of a networkd that is stopped, on a NIC as on a bridge: it gives up the host's address and gets
/// it again. Five seconds, where a machine takes one; pods are none of its business.
inline constexpr Bounds kRestart{25, 2, 6};
/// Of what takes the NIC away for a moment: ten seconds, where a machine takes one.
inline constexpr Bounds kAway{50, 50, 6};

/// One boot for all tests of a suite.
class NodeTest : public ::testing::Test {
 protected:
  static void boot(int lease = -1);
  static void TearDownTestSuite() { node.reset(); }

  /// From now on NetworkManager configures the NIC, by DHCP, and systemd-networkd does not run.
  static void use_network_manager();
  /// A pod a and a pod b in that mode, and a host that still works.
  static void start(const std::string& mode);
  /// Host and pods have what they need.
  static bool expect_whole(const std::string& when);
  /// Each of these happens to a node that is whole, and is afterwards, at no more than this cost.
  static void expect_whole_after(const std::vector<std::string>& commands, Bounds bounds = kQuiet);
  /// The same for what the node is not told to do itself.
  static void expect_whole_after(const std::string& what, Bounds bounds,
                                 const std::function<void()>& happen);
  /// The pods and the network go, and the host has its NIC back.
  static void finish();

  static std::unique_ptr<Node> node;
};

}  // namespace azcni::test
