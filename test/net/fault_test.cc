// The two laws, tried with the real binary and kernel at every system call that acts:
//   an ADD whose call k fails leaves the machine as it was;
//   an ADD that is killed at call k is undone by DEL, and does not stand in the way of the next
//   ADD.

#include "net_test.h"

namespace azcni::test {
namespace {

class Fault : public NetTest {};

/// Calls that act on something outside the process, or wait for an answer.
constexpr const char* kCalls[] = {
    "openat",       "mkdir",      "rename",  "unlink",     "write",   "pwrite64",
    "flock",        "socket",     "bind",    "sendmsg",    "recvmsg", "setns",
    "memfd_create", "pipe2",      "vfork",   "clone",      "clone3",  "poll",
    "wait4",        "getdents64", "fstatfs", "fcntl",      "read",    "newfstatat",
    "fstat",        "pidfd_open", "dup2",    "setsockopt", "ioctl"};
constexpr int kMaxCalls = 500;

constexpr const char* kTrace = "/run/strace";

/// A program under which the `count`th call of that name has the fault.
std::vector<std::string> inject(const std::string& call, const std::string& fault, int count) {
  return {"strace", "-qq",
          "-o",     kTrace,
          "-e",     "trace=" + call,
          "-e",     "inject=" + call + ":" + fault + ":when=" + std::to_string(count)};
}

/// A node where everything shared is there already, so that a snapshot has only this pod's traces.
struct Node {
  explicit Node(Lab& lab) : vm(lab.vm()), config(vm.config()), pod(vm.make_pod("victim")) {
    const Pod first = vm.make_pod("first");
    config["ipam"]["queryInterval"] = 3600;
    vm.cni("ADD", first, config);
    before = vm.snapshot();
  }
  Vm& vm;
  Json config;
  Pod pod;
  std::string before;
};

/// Runs `verb` with a fault at each call in turn, then `judge`; returns how many faults there were.
template <typename Judge>
int for_every_call(Node& node, const std::string& verb, const std::string& fault,
                   const std::string& plugin, const Judge& judge) {
  int faults = 0;
  for (const std::string call : kCalls) {
    for (int count = 1; count < kMaxCalls; ++count) {
      SCOPED_TRACE(fault + " at " + call + " number " + std::to_string(count));
      if (verb == "DEL") node.vm.cni("ADD", node.pod, node.config);
      const lab::Exit exit =
          node.vm.start_plugin(plugin, verb, node.pod, node.config, inject(call, fault, count))
              .wait();
      const std::string trace = node.vm.read(kTrace);
      const bool hit = trace.find("INJECTED") != std::string::npos ||
                       trace.find("SIGKILL") != std::string::npos || exit.status > 127;
      judge(Vm::answer_of(exit), hit ? ++faults : 0);
      if (::testing::Test::HasFailure()) return faults;
      if (!hit) break;
    }
  }
  return faults;
}

TEST_F(Fault, AnAddThatFailsAtAnyCallLeavesTheMachineAsItWas) {
  Node node(raise());
  int rolled_back = 0;
  const int faults =
      for_every_call(node, "ADD", "error=ENOMEM", "azure-vnet", [&](const Answer& answer, int) {
        // A call that did not matter; or the answer itself, which is printed after the commit; or
        // the way back from the container's namespace, without which the plugin must not go on.
        const bool for_del = answer.status == 0 ||
                             answer.text.find("write the answer") != std::string::npos ||
                             answer.text.find("the plugin crashed") != std::string::npos;
        if (answer.status != 0) {
          ++rolled_back;
          EXPECT_EQ(answer.status, 1) << answer.err;
          EXPECT_TRUE(answer.json.contains("msg")) << answer.text;
        }
        if (for_del) detach(node.vm, node.pod, node.config);
        EXPECT_EQ(node.vm.snapshot(), node.before) << answer.text;
      });
  std::printf("%d faults, %d of them rolled back\n", faults, rolled_back);
  EXPECT_GT(rolled_back, 60) << "the faults were not injected";
  const Answer answer = attach(node.vm, node.pod, node.config);
  EXPECT_TRUE(Lab::pings(node.vm, answer.ip()));
}

TEST_F(Fault, AnAddThatIsKilledAtAnyCallIsUndoneByDelOrByTheNextAdd) {
  Node node(raise());
  const int killed =
      for_every_call(node, "ADD", "signal=KILL", "azure-vnet", [&](const Answer&, int fault) {
        if (fault % 2 == 1) {
          const Answer again = node.vm.cni("ADD", node.pod, node.config);
          // Killed after the commit, it is an attachment that is whole.
          if (again.status == 0) {
            EXPECT_TRUE(Lab::pings(node.vm, again.ip()));
          } else {
            EXPECT_EQ(again.json["code"], 101) << again.text;
          }
        }
        detach(node.vm, node.pod, node.config);
        detach(node.vm, node.pod, node.config);
        EXPECT_EQ(node.vm.snapshot(), node.before);
      });
  std::printf("%d kills\n", killed);
  EXPECT_GT(killed, 80) << "nothing was killed";
}

// Catches: an address that a killed azure-vnet-ipam took out of its pool for good.
TEST_F(Fault, AnIpamThatIsKilledAtAnyCallLosesNoAddress) {
  Node node(raise({.secondaries = 2}));  // one is taken: one address is left, and must stay so
  int killed = 0;
  for (const char* verb : {"ADD", "DEL"}) {
    killed += for_every_call(node, verb, "signal=KILL", "azure-vnet-ipam", [&](const Answer&, int) {
      detach(node.vm, node.pod, node.config);
      EXPECT_EQ(node.vm.snapshot(), node.before);
      EXPECT_EQ(attach(node.vm, node.pod, node.config).ip(), "10.240.1.6");
      detach(node.vm, node.pod, node.config);
    });
  }
  std::printf("%d kills\n", killed);
  EXPECT_GT(killed, 40) << "nothing was killed";
}

TEST_F(Fault, ADelThatIsKilledAtAnyCallIsFinishedByTheNext) {
  Node node(raise());
  const int killed =
      for_every_call(node, "DEL", "signal=KILL", "azure-vnet", [&](const Answer&, int) {
        detach(node.vm, node.pod, node.config);
        EXPECT_EQ(node.vm.snapshot(), node.before);
      });
  std::printf("%d kills\n", killed);
  EXPECT_GT(killed, 40) << "nothing was killed";
}

}  // namespace
}  // namespace azcni::test
