// The log: what it says, how large it gets, and that no pod fails for it.

#include <sstream>

#include "net_test.h"

namespace azcni::test {
namespace {

constexpr const char* kLog = "/var/log/azure-vnet.log";

class Log : public NetTest {
 protected:
  static int lines_with(const std::string& text, const std::string& part) {
    std::istringstream lines(text);
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line.find(part) != line.npos;
    return count;
  }
};

// Catches: a story that nobody can follow, or that fills the disk; a level that is not obeyed.
TEST_F(Log, TellsThePodsStoryInFewLines) {
  Vm& vm = start_lab().vm();
  const Pod first = vm.make_pod("first"), pod = vm.make_pod("a");
  attach(vm, first, vm.config());
  attach(vm, pod, vm.config());
  detach(vm, pod, vm.config());
  const std::string log = vm.read(kLog);
  const std::string who = pod.container_id.substr(0, 12);
  EXPECT_LE(lines_with(log, who), 6) << log;
  EXPECT_GE(lines_with(log, " ADD " + who), 1) << log;
  EXPECT_GE(lines_with(log, " DEL " + who), 1) << log;
  EXPECT_EQ(lines_with(log, " debug "), 0) << log;
  EXPECT_EQ(vm.list("/var/log"), std::vector<std::string>{"azure-vnet.log"}) << "one for both";

  Json debug = vm.config();
  debug["logLevel"] = "debug";
  const Pod other = vm.make_pod("b");
  attach(vm, other, debug);
  const std::string more = vm.read(kLog);
  EXPECT_GE(lines_with(more, " debug "), 10) << "every netlink message";
  EXPECT_GE(lines_with(more, " info "), 1);
}

// Catches: what happened and what to do about it, run together.
TEST_F(Log, SeparatesTheReasonFromTheRemedy) {
  Vm& vm = start_lab({.secondaries = 0}).vm();
  Json config = vm.config();
  EXPECT_EQ(vm.cni("ADD", vm.make_pod("a"), config).json["code"], 102);
  config["ipam"]["exec"] = true;
  EXPECT_EQ(vm.cni("ADD", vm.make_pod("b"), config).json["code"], 102);
  EXPECT_EQ(lines_with(vm.read(kLog), "0 in use; assign more secondary addresses"), 3)
      << "of azure-vnet, then of both plugins: " << vm.read(kLog);
}

// Catches: lines that are lost or torn when many processes find the log full at once; a log
// that grows without a bound.
TEST_F(Log, IsRotatedUnderManyWriters) {
  constexpr int kPods = 24;
  Vm& vm = start_lab({.secondaries = kPods}).vm();
  lab::must_run(vm.context(),
                {"sh", "-ec",
                 "head -c 5173000 /dev/zero | tr '\\0' x > /var/log/azure-vnet.log; echo "
                 ">> /var/log/azure-vnet.log; for i in 1 2 3 4 5 6 7; do head -c 5170000 "
                 "/dev/zero > /var/log/azure-vnet.log.$i; done"});
  Json config = vm.config();
  config["logLevel"] = "debug";
  std::vector<Pod> pods;
  for (int i = 0; i < kPods; ++i) pods.push_back(vm.make_pod("p" + std::to_string(i)));
  std::vector<lab::Process> running;
  running.reserve(pods.size());
  for (const Pod& pod : pods) running.push_back(vm.start_cni("ADD", pod, config));
  for (lab::Process& each : running) EXPECT_EQ(each.wait().status, 0);
  const std::string both = vm.read(std::string(kLog) + ".1") + vm.read(kLog);
  EXPECT_EQ(lines_with(both, "attached eth0 of"), kPods);
  std::istringstream lines(both);
  for (std::string line; std::getline(lines, line);) {
    const bool is_whole = line.empty() || line[0] == 'x' || line.rfind("20", 0) == 0;
    ASSERT_TRUE(is_whole) << line.substr(0, 200);
  }
  EXPECT_EQ(vm.list("/var/log").size(), 8U);
  const std::string size = vm.run({"sh", "-c", "cat /var/log/azure-vnet.log* | wc -c"}).out;
  EXPECT_LE(std::atol(size.c_str()), 40'000'000);
}

// Catches: a sentence that nobody can read: "3 in use assign more addresses".
TEST_F(Log, PartsAnErrorFromItsAdvice) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  config["cniVersion"] = "0.3.1";
  const PluginExit answer = vm.cni("CHECK", vm.make_pod("a"), config);
  ASSERT_TRUE(answer.json.contains("msg") && answer.json.contains("details")) << answer.text;
  const std::string message = answer.json["msg"], advice = answer.json["details"];
  const std::string log = vm.read(kLog);
  ASSERT_EQ(lines_with(log, message), 1) << log;
  EXPECT_EQ(lines_with(log, message + " " + advice), 0)
      << "nothing but a blank between an error and its advice: " << log;
}

TEST_F(Log, ThatCannotBeWrittenFailsNoPod) {
  Vm& vm = start_lab().vm();
  const char* const obstacles[] = {
      "mkdir /var/log/azure-vnet.log", "mount -o remount,ro /var/log",
      "mount -t tmpfs -o size=4k x /var/log; ! head -c 9000 /dev/zero > "
      "/var/log/fill",
      "ln -s /run/elsewhere /var/log/azure-vnet.log"};
  for (const char* obstacle : obstacles) {
    SCOPED_TRACE(obstacle);
    lab::must_run(vm.context(), {"sh", "-c", obstacle});
    const Pod pod = vm.make_pod("a");
    attach(vm, pod, vm.config());
    detach(vm, pod, vm.config());
    vm.remove_netns(pod);
    lab::must_run(vm.context(), {"sh", "-c", "mount -t tmpfs x /var/log"});
  }
  EXPECT_EQ(vm.read("/run/elsewhere"), "") << "a link is not followed";
}

}  // namespace
}  // namespace azcni::test
