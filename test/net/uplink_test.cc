// The VM's own NIC below the bridge: moved without loss and given back without a trace.

#include <set>

#include "echo_server.h"
#include "faults.h"
#include "pings.h"
#include "uplink_test.h"

namespace azcni::test {
namespace {

class Uplink : public UplinkTest {
 protected:
  /// More than DHCP would give: everything of it has to come along.
  static void configure_richly(const Vm& vm) {
    lab::must_run(vm.context(), {"ip", "-batch", "-"},
                  "address add 10.250.0.4/24 dev eth0\n"
                  "address add 10.250.0.5/24 dev eth0\n"
                  "address add fd00:250::4/64 dev eth0 nodad\n"
                  "route add 10.66.0.0/16 via 10.240.0.1 metric 50\n"
                  "route add 10.66.0.0/16 via 10.250.0.1 metric 60\n"
                  "route add 10.67.0.0/16 dev eth0 scope link src 10.250.0.4\n"
                  "route add 10.68.0.0/16 via 10.240.0.1 mtu 1400 advmss 1300\n"
                  "route add default via 10.250.0.1 table 100\n"
                  "route add 169.254.169.254/32 via 10.240.0.1 proto static\n"
                  "route add fd00:66::/64 via fd00:250::1 metric 70\n"
                  "neigh add 10.250.0.1 lladdr 12:34:56:78:9a:bc dev eth0 nud permanent\n"
                  "neigh add fd00:250::1 lladdr 12:34:56:78:9a:bc dev eth0 nud permanent\n");
    const auto is_in_use = [&] {
      return vm.ip({"-6", "route", "show", "table", "local", "fd00:250::4"}).size() == 1;
    };
    ASSERT_TRUE(lab::eventually(is_in_use));
  }
};

// Catches: any step of the first ADD whose failure leaves the host less than it was.
TEST_F(Uplink, AFirstAddThatFailsAtAnyCallGivesTheNicBack) {
  Vm& vm = start_lab().vm();
  configure_richly(vm);
  const Pod pod = vm.make_pod("web");
  const std::string before = host(vm);
  int failed = 0;
  for_every_call(kActingCalls, [&](const std::string& call, int count) {
    const Faulty faulty(vm, call, "error=ENOBUFS", count);
    const PluginExit answer =
        Vm::plugin_exit(vm.start_cni("ADD", pod, vm.config("bridge"), faulty.wrapper()).wait());
    const bool hit = faulty.was_hit();
    EXPECT_TRUE(lab().pings_from_fabric(vm.spec().ip4)) << answer.text;
    vm.cni("DEL", pod, vm.config("bridge"));
    failed += answer.status == 0 ? 0 : 1;
    // The network may have been made before the failing call: it outlives a failed pod.
    const bool made = answer.status == 0 || !vm.list("/run/azure-vnet/networks").empty();
    EXPECT_EQ(made ? remove_network(vm) : 0, 0);
    SCOPED_TRACE(answer.text + vm.read("/var/log/azure-vnet.log"));
    expect_host(vm, before);
    return hit;
  });
  EXPECT_GT(failed, 60);
}

// Catches: a moment at which the host has its addresses nowhere, and a bridge of ours that the next
// ADD takes for somebody's.
TEST_F(Uplink, AFirstAddThatIsKilledAtAnyCallLeavesTheHostReachable) {
  int killed = 0;
  for_every_call(
      {"sendmsg", "recvmsg", "rename", "sendto"}, [&](const std::string& call, int count) {
        Lab lab(AZCNI_PLUGINS);
        Vm& vm = lab.vm();
        Json config = vm.config("bridge");
        config["bridge"] = "cni";  // known for ours by more than its name
        const Pod pod = vm.make_pod("web");
        const Faulty faulty(vm, call, "signal=KILL", count);
        const bool died = vm.start_cni("ADD", pod, config, faulty.wrapper()).wait().status != 0;
        killed += died ? 1 : 0;
        // Soon: a bridge that has just got its first port sends when a work queue has seen it.
        for (const std::string& address : {vm.spec().ip4, vm.spec().ip6}) {
          const lab::Exit soon = lab::run(
              lab.fabric().context(), {"ping", "-n", "-c", "1", "-i", "0.1", "-w", "60", address});
          EXPECT_EQ(soon.status, 0) << address << soon.out;
        }
        if (died) {
          const PluginExit answer = attach(vm, pod, config);
          EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
          EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4));
        }
        return died;
      });
  EXPECT_GT(killed, 60);
}

// Catches: a connection that breaks because its address was nowhere for a moment.
TEST_F(Uplink, AConnectionOfTheHostSurvivesTheMove) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  // The fabric's server answers with what it is sent; the host sends before the move and after it.
  const std::string talk =
      "exec 3<>/dev/tcp/168.63.129.16/81; echo before >&3; read -r line <&3; echo $line; "
      "mkfifo /run/moved; touch /run/ready; read -r _ < /run/moved; "
      "echo after >&3; read -r -t 60 line <&3; echo $line";
  lab::EchoServer server(lab.fabric().context(), 81);
  lab::Process client(vm.context(), {"bash", "-c", talk});
  ASSERT_TRUE(vm.wait_for_file("/run/ready"));
  attach(vm, vm.make_pod("web"), vm.config("bridge"));
  vm.write("/run/moved", "");
  EXPECT_EQ(client.wait().out, "before\nafter\n");
}

// Catches: an answer of the kernel that gets lost among many, and a host that is out of reach for
// as long as the move of its routes takes.
TEST_F(Uplink, AHostWithManyRoutesStaysInReach) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  std::string routes;
  for (int i = 0; i < 4000; ++i) {
    routes += "route add 10.64." + std::to_string(i / 250) + "." + std::to_string(i % 250) +
              " via 10.240.0.1\n";
  }
  lab::must_run(vm.context(), {"ip", "-batch", "-"}, routes);
  const std::string before = host(vm);
  using std::chrono_literals::operator""ms;
  lab::Pings to_host(lab.fabric().context(), vm.spec().ip4, 1ms),
      from_host(vm.context(), "10.240.0.1", 1ms);
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, vm.config("bridge"));
  detach(vm, pod, vm.config("bridge"));
  EXPECT_EQ(remove_network(vm), 0);
  // What a port receives while it joins or leaves a bridge, the kernel drops: some 0.1 ms each.
  EXPECT_LE(to_host.lost(), 4);
  EXPECT_LE(from_host.lost(), 4);
  expect_host(vm, before);
}

// Catches: a moment at which the NIC is a port, and what the fabric sends to all goes back to it
// with the fabric's own MAC address. Each message to the kernel takes 10 ms here.
TEST_F(Uplink, NothingComesBackToTheFabricWhileTheNicMoves) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const lab::Process pings(lab.fabric().context(),
                           {"ping", "-n", "-q", "-i", "0.004", "ff02::1%port0"});
  const std::vector<std::string> slowly{"strace", "-qq",
                                        "-o",     "/dev/null",
                                        "-e",     "trace=sendmsg,sendto",
                                        "-e",     "inject=sendmsg,sendto:delay_exit=10000"};
  const lab::Exit exit =
      vm.start_cni("ADD", vm.make_pod("web"), vm.config("bridge"), slowly).wait();
  EXPECT_EQ(exit.status, 0) << exit.out;
}

TEST_F(Uplink, RemovingTheNetworkIsRefusedWhilePodsAreAttached) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const std::string before = host(vm);
  const Pod pod = vm.make_pod("web");
  const PluginExit answer = attach(vm, pod, vm.config("tunnel"));
  EXPECT_NE(remove_network(vm), 0);
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  detach(vm, pod, vm.config("tunnel"));
  EXPECT_NE(host(vm), before) << "the network outlives its last pod";
  EXPECT_EQ(remove_network(vm), 0);
  expect_host(vm, before);
  EXPECT_NE(remove_network(vm), 0) << "there is none any more";
}

TEST_F(Uplink, NamesTheBridge) {
  Vm& vm = start_lab().vm();
  attach(vm, vm.make_pod("a"), vm.config("bridge"));
  const unsigned index = vm.ip({"link", "show", "eth0"})[0]["ifindex"];
  EXPECT_EQ(vm.ip({"link", "show", "azure" + std::to_string(index)})[0]["address"], vm.spec().mac);
}

TEST_F(Uplink, TwoNetworksShareANic) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  Json bridged = vm.config("bridge"), tunnelled = vm.config("tunnel");
  tunnelled["name"] = "other";
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b"), c = vm.make_pod("c");
  const PluginExit at_a = attach(vm, a, bridged), at_b = attach(vm, b, tunnelled),
                   at_c = attach(vm, c, bridged);
  EXPECT_TRUE(Lab::pings_from(vm, a, at_b.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, b, at_c.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, c, at_a.ip()));
  detach(vm, b, tunnelled);
  EXPECT_TRUE(Lab::pings_from(vm, c, at_a.ip()));
}

TEST_F(Uplink, NodeLocalDnsIsReachedThroughTheHost) {
  for (const char* mode : {"bridge", "tunnel"}) {
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    vm.run({"ip", "address", "add", "169.254.20.10/32", "dev", "lo"});
    Json config = vm.config(mode);
    const Pod pod = vm.make_pod("web");
    attach(vm, pod, config);
    EXPECT_FALSE(Lab::pings_from(vm, pod, "169.254.20.10")) << "not unless it is configured";
    config["ipsToRouteViaHost"] = {"169.254.20.10"};
    attach(vm, vm.make_pod("db"), config);
    EXPECT_TRUE(Lab::pings_from(vm, pod, "169.254.20.10")) << mode;
  }
}

// Catches: Services of kube-proxy's mode ipvs, addresses of the host by the hundred, that only a
// list of each of them would make reachable.
TEST_F(Uplink, ARangeOfAddressesIsReachedThroughTheHost) {
  for (const char* mode : {"bridge", "tunnel"}) {
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    lab::must_run(vm.context(), {"ip", "address", "add", "10.96.0.10/32", "dev", "lo"});
    Json config = vm.config(mode);
    config["ipsToRouteViaHost"] = {"10.96.0.0/16"};
    const Pod pod = vm.make_pod("web");
    const PluginExit answer = vm.cni("ADD", pod, config);
    EXPECT_TRUE(answer.status == 0 && Lab::pings_from(vm, pod, "10.96.0.10"))
        << "no way through the host to a range: " << mode << ": " << answer.text;
  }
}

TEST_F(Uplink, HairpinOfTheNicIsOptional) {
  for (const bool disabled : {false, true}) {
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    Json config = vm.config("bridge");
    config["disableHairpinOnHostInterface"] = disabled;
    attach(vm, vm.make_pod("web"), config);
    const Json port = vm.ip({"-d", "link", "show", "eth0"})[0]["linkinfo"]["info_slave_data"];
    EXPECT_EQ(port["hairpin"], !disabled);
  }
}

// Catches: a pod that does not reach itself by its service's address.
TEST_F(Uplink, AFrameOfAPodMayComeBackToIt) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod pod = vm.make_pod("web");
  const PluginExit answer = attach(vm, pod, vm.config("bridge"));
  const std::string host_if = answer.json["interfaces"][0]["name"];
  EXPECT_EQ(vm.ip({"-d", "link", "show", host_if})[0]["linkinfo"]["info_slave_data"]["hairpin"],
            true);
}

// Catches: names that no longer resolve once the NIC is below the bridge, and all servers but the
// first that are lost. The program is a stand-in that keeps what it is told.
TEST_F(Uplink, DnsOfTheNicComesAlong) {
  Vm& vm = start_lab().vm();
  vm.write("/run/bin/resolvectl",
           "#!/bin/sh\n"
           "echo \"$@\" >> /run/resolvectl.log\n"
           "case \"$*\" in\n"
           "'dns eth0') printf 'Link 6 (eth0): 168.63.129.16\\n    10.0.0.10 fd00::53\\n';;\n"
           "'domain eth0') echo 'Link 6 (eth0): internal.example ~.';;\n"
           "esac\n");
  vm.run({"chmod", "755", "/run/bin/resolvectl"});
  vm.run({"mkdir", "-p", "/run/systemd/resolve"});
  Json config = vm.config("tunnel");
  config["bridge"] = "azure0";
  const std::vector<std::string> wrapper{"env", "PATH=/run/bin:/usr/bin:/bin"};
  for (const char* name : {"first", "second"}) {
    EXPECT_EQ(vm.start_cni("ADD", vm.make_pod(name), config, wrapper).wait().status, 0);
  }
  EXPECT_EQ(vm.read("/run/resolvectl.log"),
            "dns eth0\ndns azure0 168.63.129.16 10.0.0.10 fd00::53\n"
            "domain eth0\ndomain azure0 internal.example ~.\n")
      << "and once, not for each pod";
}

// Catches: rules and records of one NIC that disturb another's.
TEST_F(Uplink, NetworksOfTwoNicsDoNotMeet) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const lab::Nic second = lab.add_nic(vm, {.own_subnet = false});
  Json one = vm.config("bridge"), two = vm.config("tunnel");
  one["master"] = "eth0";
  two["master"] = "eth1";
  two["name"] = "other";
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b"), c = vm.make_pod("c");
  const PluginExit at_a = attach(vm, a, one), at_b = attach(vm, b, two), at_c = attach(vm, c, two);
  EXPECT_EQ(at_b.ip(), second.secondary4[0]);
  EXPECT_TRUE(lab.pings_from_fabric(at_a.ip()));
  EXPECT_TRUE(lab.pings_from_fabric(at_b.ip()));
  EXPECT_TRUE(Lab::pings_from(vm, b, at_c.ip())) << "through the fabric, by the second NIC";
  EXPECT_GT(lab.fabric().packets_to(at_c.ip()), 0);
  EXPECT_TRUE(Lab::pings_from(vm, a, at_b.ip())) << "from one NIC to the other";
  detach(vm, b, two);
  detach(vm, c, two);
  EXPECT_EQ(vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "other"}).status,
            0);
  EXPECT_TRUE(lab.pings_from_fabric(at_a.ip()));
}

// Catches: the helper programs of the Go plugins, 16 for each pod; or an IPAM plugin's process.
TEST_F(Uplink, AddRunsNoProgram) {
  for (const char* mode : {"transparent", "bridge", "tunnel"}) {
    Lab lab(AZCNI_PLUGINS);
    Vm& vm = lab.vm();
    for (const char* name : {"first", "second"}) {
      const std::vector<std::string> wrapper{"strace",      "-f", "-qq",         "-o",
                                             "/run/strace", "-e", "trace=execve"};
      EXPECT_EQ(vm.start_cni("ADD", vm.make_pod(name), vm.config(mode), wrapper).wait().status, 0);
      const std::string trace = vm.read("/run/strace");
      std::set<std::string> programs;
      for (std::size_t i = 0; (i = trace.find("execve(\"", i)) != std::string::npos; ++i) {
        const std::string path = trace.substr(i + 8, trace.find('"', i + 8) - i - 8);
        programs.insert(path.substr(path.rfind('/') + 1));
      }
      EXPECT_EQ(programs, std::set<std::string>{"azure-vnet"}) << mode << "\n" << trace;
    }
  }
}

}  // namespace
}  // namespace azcni::test
