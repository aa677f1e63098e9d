// DEL when something that it goes by is lost, or the disk is full: nothing may keep an address from
// its pool.

#include "net_test.h"

namespace azcni::test {
namespace {

/// What somebody did before the DEL.
struct HostLoss {
  const char* name;
  const char* script;

  friend void PrintTo(const HostLoss& each, std::ostream* out) { *out << each.name; }
};

class Teardown : public NetTest,
                 public ::testing::WithParamInterface<std::tuple<const char*, HostLoss>> {
 protected:
  static Json config(const Vm& vm, const char* mode) {
    Json config = vm.config(mode);
    config["cniVersion"] = "1.1.0";
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Losses, Teardown,
    ::testing::Combine(
        ::testing::Values("transparent", "bridge", "tunnel"),
        ::testing::Values(
            HostLoss{"Ruleset", "nft flush ruleset"},
            HostLoss{"PortOfTheNic", "ip link set eth0 nomaster"},
            HostLoss{"RulesetAndPort", "nft flush ruleset; ip link set eth0 nomaster"},
            HostLoss{"Neighbours", "nft flush ruleset; ip neigh flush all nud permanent"},
            HostLoss{"DiskSpace", "mount -o remount,size=1m /run; cat /dev/zero > /run/log || :"},
            HostLoss{"Inodes",
                     "mount -o remount,nr_inodes=300 /run; "
                     "i=0; while touch /run/file$i 2> /dev/null; do i=$((i+1)); done"})),
    [](const auto& each) {
      return std::string(std::get<0>(each.param)) + std::get<1>(each.param).name;
    });

// Catches: an address that is refused as "in use by something else on this node" for good, since
// a route of a container that is gone leads to it; a pod that hangs in Terminating because the log
// of another program filled the disk.
TEST_P(Teardown, FreesTheAddressesWhateverWasLost) {
  const auto& [mode, loss] = GetParam();
  Vm& vm = start_lab({.secondaries = 2}).vm();
  const Json json = config(vm, mode);
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, first, json);
  attach(vm, second, json);
  vm.run({"sh", "-c", loss.script});
  detach(vm, first, json);
  detach(vm, second, json);
  EXPECT_TRUE(vm.list("/run/azure-vnet-ipam/leases").empty());
  vm.run({"sh", "-c", "rm -f /run/log /run/file*; mount -o remount,size=50%,nr_inodes=0 /run"});
  EXPECT_TRUE(Lab::pings(vm, attach(vm, vm.make_pod("third"), json).ip()));
  EXPECT_TRUE(Lab::pings(vm, attach(vm, vm.make_pod("fourth"), json).ip()));
  lab().fabric().forget_spoofed_frames();  // of what was sent without rules
}

class TeardownBesideRepair : public NetTest {};

// Catches: a DEL whose container is put back by somebody who repairs the network from records that
// he read before.
TEST_F(TeardownBesideRepair, LeavesNothing) {
  Vm& vm = start_lab({.secondaries = 1}).vm();
  Json config = vm.config("bridge");
  config["cniVersion"] = "1.1.0";
  for (int i = 0; i < 5; ++i) {
    const Pod pod = vm.make_pod("pod" + std::to_string(i));
    const PluginExit added = attach(vm, pod, config);
    ASSERT_EQ(added.status, 0);
    vm.run({"nft", "flush", "ruleset"});
    lab::Process repair = vm.start_cni(
        "STATUS", Pod{}, config,
        {"strace", "-qq", "-o", "/run/strace", "-e", "inject=sendto,sendmsg:delay_exit=5000"});
    ASSERT_TRUE(vm.wait_for_file("/run/azure-vnet/turns/network%20eth0"));
    detach(vm, pod, config);
    EXPECT_EQ(repair.wait().out, "");
    EXPECT_TRUE(vm.ip({"route", "show", added.ip()}).empty());
  }
  lab().fabric().forget_spoofed_frames();
}

}  // namespace
}  // namespace azcni::test
