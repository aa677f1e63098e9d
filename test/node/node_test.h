#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "node.h"

namespace azcni::test {

/// The plugins come by their package.
void install(Node& node);

/// One boot for all tests of a suite.
class NodeTest : public ::testing::Test {
 protected:
  static void boot(int lease = -1);
  static void TearDownTestSuite() { node.reset(); }

  /// A pod a and a pod b in that mode, and a host that still works.
  static void start(const std::string& mode);
  /// Host and pods have what they need.
  static void expect_whole(const std::string& when);
  /// Each of these happens to a node that is whole, and is afterwards.
  static void expect_whole_after(const std::vector<std::string>& commands);
  /// The pods and the network go, and the host has its NIC back.
  static void finish();

  static std::unique_ptr<Node> node;
};

}  // namespace azcni::test
