// A pod with CAP_NET_RAW, which runtimes grant by default, and what it may send.

#include "hostile_pod.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

class HostilePod : public HostilePodTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Vm& raise_vm(const lab::Options& options = {}) {
    return HostilePodTest::raise_vm(GetParam(), options);
  }

  /// What the evil pod reads at 127.0.0.1 of the host, which route_localnet opens, before and after
  /// the rules were flushed.
  std::pair<std::string, std::string> answers_beside(Vm& vm, const Pod& pod_with_port) {
    config_["runtimeConfig"]["portMappings"] = {{{"hostPort", 8080}, {"containerPort", 80}}};
    detach(vm, pod_with_port, config_);
    attach(vm, pod_with_port, config_);
    constexpr int kHostPort = 9;
    const WhoamiServer secret(vm.context(), kHostPort);
    const Json gateway = vm.ip_in(evil_, {"-4", "neigh", "show", "nud", "permanent"})[0];
    const std::string host_mac =
        is_bridged() ? vm.spec().mac : gateway["lladdr"].get<std::string>();
    const std::string script =
        "ip address del 127.0.0.1/8 dev lo\n"
        "ip neigh replace $0 lladdr $1 dev eth0 nud permanent\n"
        "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet";
    lab::must_run(vm.context_of(evil_), {"sh", "-ec", script, gateway["dst"], host_mac});
    const auto answer = [&] {
      return greeting(vm.context_of(evil_), "tcp", "127.0.0.1", kHostPort);
    };
    const std::string before = answer();
    // Frames of pods as they are would go to the fabric, which counts them.
    lab::must_run(vm.context(), {"ip", "link", "set", "eth0", "down"});
    lab::must_run(vm.context(), {"nft", "flush", "ruleset"});
    return {before, answer()};
  }
};

/// In these modes pods and the host share a bridge.
class BridgedHostilePod : public HostilePod {
 protected:
  /// The port that the bridge sends by to the fabric's router.
  static std::string port_to_router(const Vm& vm) {
    const Json entries = Json::parse(vm.run({"bridge", "-j", "fdb", "show"}).out);
    for (const Json& entry : entries) {
      if (entry["mac"] == lab::kRouterMac && entry.contains("master")) return entry["ifname"];
    }
    return "";
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, HostilePod, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });
INSTANTIATE_TEST_SUITE_P(Modes, BridgedHostilePod, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a pod that gets all that the host sends beyond its subnet, since it says by ARP that it
// is the gateway.
TEST_P(BridgedHostilePod, CannotTakeTheHostsGatewayByArp) {
  Vm& vm = raise_vm();
  const std::string gateway = "10.240.0.1", me = mac_of(vm, evil_);
  // The kernel would not believe a second answer within a second.
  vm.write("/proc/sys/net/ipv4/neigh/" + bridge_of(vm) + "/locktime", "0");
  ASSERT_TRUE(Lab::pings(vm, gateway));
  ASSERT_EQ(mac_of_gateway(vm, gateway), lab::kRouterMac);
  send(vm, {lab::arp_reply({me, vm.spec().mac}, gateway, vm.spec().ip4)});
  EXPECT_EQ(mac_of_gateway(vm, gateway), lab::kRouterMac) << "the host's gateway is a pod now";
}

// Catches: the same by a neighbour advertisement, whose source need not be link-local.
TEST_P(BridgedHostilePod, CannotTakeTheHostsGatewayByNeighbourDiscovery) {
  Vm& vm = raise_vm();
  const std::string gateway = "fe80::1234:5678:9abc", me = mac_of(vm, evil_);
  ASSERT_TRUE(Lab::pings(vm, lab::kInternetIp6));
  ASSERT_EQ(mac_of_gateway(vm, gateway), lab::kRouterMac);
  send(vm,
       {lab::neighbour_advertisement({me, vm.spec().mac}, gateway, at_evil_.ip(1), vm.spec().ip6)});
  EXPECT_EQ(mac_of_gateway(vm, gateway), lab::kRouterMac) << "the host's gateway is a pod now";
}

// Catches: a pod that gets what host and pods send to the fabric, since the bridge learns the
// router's MAC address from it.
TEST_P(BridgedHostilePod, CannotTakeTheRoutersMac) {
  Vm& vm = raise_vm();
  ASSERT_EQ(port_to_router(vm), "eth0");
  std::string port = "eth0";
  for (int i = 0; i < 10 && port == "eth0"; ++i) {  // a frame of the router's own moves it back
    send(vm, {lab::unknown_frame({lab::kRouterMac, lab::kBroadcastMac})});
    port = port_to_router(vm);
  }
  EXPECT_EQ(port, "eth0") << "the router's MAC address is behind a pod now";
}

// Catches: a pod that speaks for another one, and so passes what is decided by addresses: network
// policies, firewalls, Azure's own.
TEST_P(HostilePod, CannotUseTheAddressOfAnother) {
  Vm& vm = raise_vm({.vms = 2});
  const std::string to = gateway_mac_of(vm, evil_);
  // Nobody has these: whoever sends there is counted by the fabric alone.
  const std::string with_own_mac = "10.240.2.11", with_its_mac = "10.240.2.12",
                    itself = "10.240.2.10";
  send(vm, {lab::datagram({mac_of(vm, evil_), to}, at_evil_.ip(), itself),
            lab::datagram({mac_of(vm, evil_), to}, at_good_.ip(), with_own_mac),
            lab::datagram({mac_of(vm, good_), to}, at_good_.ip(), with_its_mac)});
  ASSERT_EQ(lab().fabric().packets_to(itself), 1);
  EXPECT_EQ(lab().fabric().packets_to(with_own_mac), 0) << "a pod sent as another one";
  EXPECT_EQ(lab().fabric().packets_to(with_its_mac), 0) << "a pod sent as another one";
}

// Catches: a pod that reads the VM's secrets (goal state, certificates of extensions) from Azure's
// agent endpoint. Its DNS is for everybody.
TEST_P(HostilePod, ReachesOnlyTheDnsOfTheWireserver) {
  Vm& vm = raise_vm();
  constexpr int kDns = 53, kHostPlugin = 32526;
  const WhoamiServer dns(lab().fabric().context(), kDns),
      plugin(lab().fabric().context(), kHostPlugin);
  const auto connects = [](const lab::ExecContext& from, int port) {
    return lab::run(from, {"timeout", "2", "bash", "-c", "exec 3<>/dev/tcp/$0/$1",
                           lab::kWireserverIp, std::to_string(port)})
               .status == 0;
  };
  for (const char* protocol : {"tcp", "udp"})
    ASSERT_NE(greeting(vm.context_of(evil_), protocol, lab::kWireserverIp, kDns), "") << protocol;
  for (const int port : {80, kHostPlugin}) {
    ASSERT_TRUE(connects(vm.context(), port)) << "the host, port " << port;
    EXPECT_FALSE(connects(vm.context_of(evil_), port)) << "a pod reached the wireserver's " << port;
  }
}

// Catches: 127.0.0.1 of the host open to pods by route_localnet, once its guard was flushed.
TEST_P(HostilePod, DoesNotReachTheHostsLoopbackWhenTheRulesAreFlushed) {
  Vm& vm = raise_vm();
  const auto [before, after] = answers_beside(vm, evil_);
  EXPECT_EQ(before, "");
  EXPECT_EQ(after, "") << "127.0.0.1 of the host is open to a pod";
}

// Catches: the same for a pod that was there before, since all of a bridge are behind one link.
TEST_P(HostilePod, DoesNotReachItByThePortOfAnother) {
  Vm& vm = raise_vm();
  const auto [before, after] = answers_beside(vm, good_);
  EXPECT_EQ(before, "");
  EXPECT_EQ(after, "") << "127.0.0.1 of the host is open to a pod";
}

}  // namespace
}  // namespace azcni::test
