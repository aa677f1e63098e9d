// The NIC's move below its bridge, when it fails: the host is as it was, whatever was there before.

#include "faults.h"
#include "pings.h"
#include "uplink_test.h"

namespace azcni::test {
namespace {

/// A host on which an ADD moves something, and why.
struct Before {
  const char* name;
  const char* bridge;         ///< that has the host's addresses after the move
  void (*set_up)(const Vm&);  ///< brings the host there, also when an ADD has moved it
};

class Move : public UplinkTest, public ::testing::WithParamInterface<Before> {
 protected:
  static Json config(const Vm& vm) {
    Json config = vm.config("bridge");
    if (std::string(GetParam().bridge) == "cni") config["bridge"] = "cni";
    return config;
  }

  /// The network is on record, and nothing is left on the NIC.
  static bool has_moved(const Vm& vm) {
    return vm.run({"ip", "-4", "address", "show", "dev", "eth0"}).out.empty() &&
           !vm.list("/run/azure-vnet/networks").empty();
  }
};

void fresh(const Vm& vm) { UplinkTest::remove_network(vm); }

/// What networkd makes of a NIC that it was not told of; a pod of the network is there.
void apart(const Vm& vm) {
  if (vm.ip({"link", "show", "cni"}).empty()) {
    Json config = vm.config("bridge");
    config["bridge"] = "cni";
    ASSERT_EQ(vm.cni("ADD", vm.make_pod("first"), config).status, 0);
  }
  UplinkTest::script(vm,
                     "ip link set eth0 nomaster; ip address flush dev cni scope global; "
                     "ip -6 route flush default; ip address add " +
                         vm.spec().ip4 + "/16 dev eth0; ip address add " + vm.spec().ip6 +
                         "/128 dev eth0 nodad; ip route add default via 10.240.0.1; "
                         "ip -6 route add default via fe80::1234:5678:9abc dev eth0; "
                         "ip route replace " +
                         vm.spec().secondary4[0] + " dev cni proto static scope link");
}

/// The user's bridge has what the host needs, and a DHCP client has put it on the NIC as well.
void below_br0(const Vm& vm) {
  if (vm.ip({"link", "show", "br0"}).empty()) UplinkTest::put_nic_into_br0(vm);
  UplinkTest::remove_network(vm);
  UplinkTest::script(vm,
                     "ip route del default metric 100 2> /run/none || true; "
                     "ip address add " +
                         vm.spec().ip4 +
                         "/16 dev eth0; "
                         "ip route add default via 10.240.0.1 dev eth0 metric 100");
}

INSTANTIATE_TEST_SUITE_P(From, Move,
                         ::testing::Values(Before{"fresh", "cni", fresh},
                                           Before{"apart", "cni", apart},
                                           Before{"below_br0", "br0", below_br0}),
                         case_name<Before>);

/// Where there is none, it is Uplink.AFirstAddThatFailsAtAnyCallGivesTheNicBack.
class MoveToABridge : public Move {};

INSTANTIATE_TEST_SUITE_P(From, MoveToABridge,
                         ::testing::Values(Before{"apart", "cni", apart},
                                           Before{"below_br0", "br0", below_br0}),
                         case_name<Before>);

// Catches: a step whose failure leaves the host less than it was, where the bridge was there.
TEST_P(MoveToABridge, ThatFailsAtAnyCallIsUndone) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod pod = vm.make_pod("web");
  GetParam().set_up(vm);
  const std::string before = host(vm), ports_before = ports(vm);
  int undone = 0;
  const std::vector<std::string> calls{"sendmsg", "sendto", "recvmsg", "write", "rename", "ioctl"};
  for_every_call(calls, [&](const std::string& call, int count) {
    const Faulty faulty(vm, call, "error=ENOBUFS", count);
    const PluginExit answer =
        Vm::plugin_exit(vm.start_cni("ADD", pod, config(vm), faulty.wrapper()).wait());
    const bool hit = faulty.was_hit();
    EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4)) << answer.text;
    vm.cni("DEL", pod, config(vm));
    if (has_moved(vm)) {  // it failed later, or not at all: the network outlives its pod
      GetParam().set_up(vm);
    } else {
      ++undone;
    }
    SCOPED_TRACE(answer.text + vm.read("/var/log/azure-vnet.log"));
    expect_host(vm, before);
    EXPECT_EQ(ports(vm), ports_before) << answer.text;
    return hit;
  });
  EXPECT_GT(undone, 40);
}

// Catches: a move that the kernel refuses half way, and every ADD that disturbs the host again. A
// route by a nexthop object can't be given another interface.
TEST_P(Move, ThatTheKernelRefusesIsUndone) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  GetParam().set_up(vm);
  script(vm,
         "ip nexthop add id 7 via 10.240.0.1 dev eth0; ip route add 10.50.0.0/16 nhid 7; "
         "ip -6 nexthop add id 8 via fe80::1234:5678:9abc dev eth0; "
         "ip -6 route add fd00:50::/64 nhid 8");
  const std::string before = host(vm), ports_before = ports(vm);
  for (const char* name : {"web", "db"}) {
    const Pod pod = vm.make_pod(name);
    const PluginExit answer = vm.cni("ADD", pod, config(vm));
    EXPECT_EQ(answer.json.value("code", 0), 100) << answer.text;
    EXPECT_EQ(vm.cni("DEL", pod, config(vm)).status, 0);
    expect_host(vm, before);
    EXPECT_EQ(ports(vm), ports_before);
    EXPECT_TRUE(is_in_reach(lab, vm));
  }
}

// Catches: rules that can't be made for the host's own ports, after the NIC has moved.
TEST_P(Move, IsUndoneByWhatFailsAfterIt) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  GetParam().set_up(vm);
  script(vm,
         "mkdir -p /run/azure-vnet/networks; mount -t tmpfs -o nr_inodes=1 x "
         "/run/azure-vnet/networks");
  const std::string before = host(vm), ports_before = ports(vm);
  const Pod pod = vm.make_pod("web");
  Json masquerading = config(vm);
  masquerading["ipMasq"] = true;
  const PluginExit answer = vm.cni("ADD", pod, masquerading);
  EXPECT_EQ(answer.json.value("code", 0), 100) << answer.text;
  vm.cni("DEL", pod, masquerading);
  expect_host(vm, before);
  EXPECT_EQ(ports(vm), ports_before);
  EXPECT_TRUE(is_in_reach(lab, vm));
}

/// How a manager of links configures a NIC: the way to the gateway is a route of its own.
struct Manager {
  const char* name;
  const char* protocol;  ///< that it gives the routes to its subnets
};

class Managed : public UplinkTest, public ::testing::WithParamInterface<Manager> {
 protected:
  /// The kernel lists the route to a gateway after the one that needs it.
  static void configure(const Vm& vm) {
    const std::string& four = vm.spec().ip4;
    const std::string protocol = std::string(" proto ") + GetParam().protocol + "\n";
    script(vm, "ip -4 address flush dev eth0; ip -6 route flush default");
    lab::must_run(vm.context(), {"ip", "-batch", "-"},
                  "address add " + four + "/16 dev eth0 noprefixroute\n" +
                      "route add 10.240.0.0/16 dev eth0 scope link src " + four + " metric 100" +
                      protocol +
                      "route add default via 10.240.0.1 dev eth0 metric 100 proto dhcp\n"
                      "route add 10.250.0.1/32 dev eth0 scope link proto dhcp\n"
                      "route add 10.66.0.0/16 via 10.250.0.1 dev eth0 proto dhcp\n"
                      "route append 10.66.0.0/16 via 10.240.0.1 dev eth0 proto dhcp\n"
                      "address add fd00:77::4/64 dev eth0 nodad noprefixroute\n"
                      "route add fd00:77::/64 dev eth0 metric 100" +
                      protocol +
                      "route add default via fe80::1234:5678:9abc dev eth0 metric 100 proto ra\n"
                      "route add fd00:99::1/128 dev eth0 proto static\n"
                      "route add fd00:66::/64 via fd00:99::1 dev eth0 proto static\n");
  }
};

INSTANTIATE_TEST_SUITE_P(By, Managed,
                         ::testing::Values(Manager{"networkmanager", "kernel"},
                                           Manager{"dhcp_client", "dhcp"}),
                         case_name<Manager>);

// Catches: a gateway that is not reachable when its route comes ("Nexthop has invalid gateway"),
// on the way below the bridge or back, and the subnet's route that is left behind.
TEST_P(Managed, NicMovesAndMovesBack) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  configure(vm);
  const std::string before = host(vm);
  const Pod pod = vm.make_pod("web");
  const PluginExit answer = attach(vm, pod, vm.config("bridge"));
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  EXPECT_TRUE(is_in_reach(lab, vm));
  EXPECT_EQ(vm.ip({"route", "show", "dev", "eth0"}), Json::array());
  detach(vm, pod, vm.config("bridge"));
  EXPECT_EQ(remove_network(vm), 0);
  expect_host(vm, before);
  EXPECT_TRUE(is_in_reach(lab, vm));
}

// Catches: a host without its default route since a move of its NIC was undone.
TEST_P(Managed, NicIsGivenBackIfItsMoveFails) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  configure(vm);
  const std::string before = host(vm);
  script(vm,
         "mkdir -p /run/azure-vnet/networks; mount -t tmpfs -o nr_inodes=1 x "
         "/run/azure-vnet/networks");
  const PluginExit answer = vm.cni("ADD", vm.make_pod("web"), vm.config("bridge"));
  EXPECT_EQ(answer.status, 1) << answer.text;
  expect_host(vm, before);
  EXPECT_TRUE(is_in_reach(lab, vm));
}

}  // namespace
}  // namespace azcni::test
