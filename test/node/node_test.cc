#include "node_test.h"

namespace azcni::test {

std::unique_ptr<Node> NodeTest::node;

void install(Node& node) {
  const std::string folder = std::string(AZCNI_BUILD) + "/node-package";
  lab::must_run({}, {"cmake", "-E", "rm", "-rf", folder});
  lab::must_run(
      {}, {"cpack", "--config", std::string(AZCNI_BUILD) + "/CPackConfig.cmake", "-B", folder});
  lab::must_run({}, {"sh", "-c", "mv " + folder + "/*.deb " + folder + "/azure-vnet.deb"});
  node.give(folder + "/azure-vnet.deb");
  node.must_run("online && dpkg --install /mnt/share/azure-vnet.deb");
}

void NodeTest::boot(int lease) {
  node = std::make_unique<Node>(lease);
  install(*node);
}

void NodeTest::start(const std::string& mode) {
  node->must_run("mode=" + mode + "; echo $mode > /run/mode; host_works; add a && add b");
  expect_whole("after the first pods, in mode " + mode);
}

void NodeTest::expect_whole(const std::string& when) {
  const lab::Exit exit = node->run("host_works && pod_works a && pod_works b");
  EXPECT_EQ(exit.status, 0) << when << "\n" << exit.out << node->run("state").out;
}

void NodeTest::expect_whole_after(const std::vector<std::string>& commands) {
  for (const std::string& each : commands) {
    const lab::Exit exit = node->run(each);
    EXPECT_EQ(exit.status, 0) << each << "\n" << exit.out;
    expect_whole("after " + each);
  }
}

void NodeTest::finish() {
  const lab::Exit exit = node->run(
      "del a && del b && azure-vnet network rm azure && host_works && ls /run/systemd/network");
  EXPECT_EQ(exit.status, 0) << exit.out << node->run("state").out;
  EXPECT_EQ(exit.out.find("azure-vnet"), std::string::npos) << exit.out;
}

}  // namespace azcni::test
