// The way of a stranger: the commands of docs/quick-start.md, on a node with containerd.

#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "containerd.h"
#include "net_test.h"

namespace azcni::test {
namespace {

class QuickStart : public NetTest {};

/// What those that have ended took of the CPUs, however many others there were.
std::chrono::seconds cpu_time_of_children() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

// Catches: a first step that fails, and with it whoever came to have a look.
TEST_F(QuickStart, LeadsToAPodInTwoCommands) {
  std::ifstream stream(AZCNI_SOURCE "/docs/quick-start.md");
  std::stringstream text;
  text << stream.rdbuf();
  const std::string document = text.str();
  const std::size_t begin = document.find("sudo make install");
  const std::string commands = document.substr(begin, document.find("```", begin) - begin);
  ASSERT_EQ(std::count(commands.begin(), commands.end(), '\n'), 2) << commands;

  Vm& vm = start_lab().vm();
  Containerd containerd(vm, vm.config(), containerd_versions().front());
  lab::must_run(containerd.context(),
                {"sh", "-ec",
                 "rm /etc/cni/net.d/*; mount -t tmpfs opt /opt; mkdir /run/stubs; "
                 "printf '#!/bin/sh\\nexec \"$@\"\\n' > /run/stubs/sudo; chmod 755 "
                 "/run/stubs/sudo"});
  const auto before = cpu_time_of_children();
  const lab::Exit exit = containerd.run(
      {"bash", "-euc",
       "cd " AZCNI_SOURCE "; PATH=/run/stubs:$PATH; export BUILD=" AZCNI_BUILD "\n" + commands});
  EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
  EXPECT_LT(cpu_time_of_children() - before, std::chrono::minutes(5));
  EXPECT_NE(exit.out.find("10.240.1.5/"), std::string::npos) << exit.out;
  EXPECT_NE(exit.out.find(" 1 received"), std::string::npos) << exit.out;
  const std::string left = containerd.run({"/opt/cni/bin/azure-vnet", "list", "-o", "json"}).out;
  EXPECT_EQ(left, "[]\n");
}

}  // namespace
}  // namespace azcni::test
