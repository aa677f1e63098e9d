#include "node_test.h"

#include <iostream>
#include <tuple>

namespace azcni::test {

namespace {
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
}  // namespace

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

void NodeTest::use_network_manager() {
  node->must_run(
      "rm -f /etc/netplan/* && netplan generate && "
      "systemctl stop systemd-networkd.socket systemd-networkd && ip address flush dev eth0 && "
      "systemctl start NetworkManager && nmcli connection add type ethernet ifname eth0 con-name "
      "eth0 ipv4.method auto && nmcli connection up eth0");
}

void NodeTest::start(const std::string& mode) {
  node->must_run("clean; mode=" + mode + "; echo $mode > /run/mode; host_works; add a && add b");
  expect_whole("after the first pods, in mode " + mode);
}

bool NodeTest::expect_whole(const std::string& when) {
  const lab::Exit exit = node->run("host_works && pod_works a && pod_works b");
  EXPECT_EQ(exit.status, 0) << when << "\n" << exit.out << node->run("state").out;
  return exit.status == 0;
}

void NodeTest::expect_whole_after(const std::vector<std::string>& commands, Bounds bounds) {
  for (const std::string& each : commands) {
    expect_whole_after(each, bounds, [&] {
      const lab::Exit exit = node->run(each);
      EXPECT_EQ(exit.status, 0) << each << "\n" << exit.out;
    });
  }
}

void NodeTest::expect_whole_after(const std::string& what, Bounds bounds,
                                  const std::function<void()>& happen) {
  const std::string pod_address = first_line(node->must_run("watch_names; address_of a"));
  const lab::Pings host = node->pings(node->nic().ip4), pod = node->pings(pod_address);
  happen();
  if (!expect_whole("after " + what)) return;
  const int names = std::stoi(node->must_run("names_lost"));
  const int of_host = host.lost(), of_pod = pod.lost();
  std::cout << "  lost of host, pod, names: " << of_host << " " << of_pod << " " << names << "  "
            << what << std::endl;
  for (const auto& [lost, bound, whose] :
       {std::tuple{of_host, bounds.host, "the host's"}, std::tuple{of_pod, bounds.pod, "the pod's"},
        std::tuple{names, bounds.names, "of names"}}) {
    EXPECT_GE(lost, 0) << what << ": no answer at last, " << whose;
    EXPECT_LE(lost, bound) << what << ": answers lost, " << whose;
  }
}

void NodeTest::finish() {
  const lab::Exit exit = node->run(
      "del a && del b && azure-vnet network rm azure && host_works && { "
      "ls /run/systemd/network /run/NetworkManager/conf.d /run/NetworkManager/system-connections "
      "2>/dev/null || true; }");
  EXPECT_EQ(exit.status, 0) << exit.out << node->run("state").out;
  EXPECT_EQ(exit.out.find("azure-vnet"), std::string::npos) << exit.out;
}

}  // namespace azcni::test
