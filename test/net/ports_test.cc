// The capability portMappings, by traffic: ports of the host that lead to pods.

#include <regex>

#include "frames.h"
#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::greeting;
using lab::WhoamiServer;

class Ports : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static Json config(const Vm& vm, const Json& mappings) {
    Json config = vm.config(GetParam());
    config["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    config["runtimeConfig"]["portMappings"] = mappings;
    return config;
  }
  static bool is_routed() { return GetParam() == std::string("transparent"); }
};

const Json kWeb = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "TCP"}},
                   {{"hostPort", 5353}, {"containerPort", 80}, {"protocol", "udp"}}};

INSTANTIATE_TEST_SUITE_P(Modes, Ports, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a port that is closed for somebody: others in the VNET, the host, 127.0.0.1, pods of the
// same node, the pod itself; a rule that takes what is not for the host (CVE-2025-67499).
TEST_P(Ports, LeadToThePodFromEverywhere) {
  Lab& lab = start_lab({2, 8, 1500});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  const Pod web = vm.make_pod("web"), client = vm.make_pod("client");
  attach(vm, web, config(vm, kWeb));
  attach(vm, client, config(vm, Json::array()));
  const WhoamiServer server(vm.context_of(web), 80), elsewhere(other.context(), 8080);
  const lab::VmSpec& host = vm.spec();
  const std::string nf_call = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  for (const auto& [protocol, port, netfilter] :
       {std::tuple{"tcp", 8080, "1"}, std::tuple{"udp", 5353, "1"}, std::tuple{"tcp", 8080, "0"},
        std::tuple{"udp", 5353, "0"}}) {
    SCOPED_TRACE(std::string(protocol) + ", bridge-nf-call-iptables = " + netfilter);
    vm.write(nf_call, netfilter);
    const std::string caller = greeting(other.context(), protocol, host.ip4, port);
    // In modes bridge and tunnel an answer finds its way back only by the host's address.
    EXPECT_EQ(caller, is_routed() ? other.spec().ip4 : host.ip4);
    EXPECT_NE(greeting(other.context(), protocol, host.ip6, port), "") << "IPv6";
    EXPECT_NE(greeting(vm.context(), protocol, host.ip4, port), "") << "the host";
    EXPECT_NE(greeting(vm.context(), protocol, host.ip6, port), "") << "the host, IPv6";
    EXPECT_NE(greeting(vm.context(), protocol, "127.0.0.1", port), "") << "127.0.0.1";
    EXPECT_NE(greeting(vm.context_of(client), protocol, host.ip4, port), "") << "a pod";
    EXPECT_NE(greeting(vm.context_of(client), protocol, host.ip6, port), "") << "a pod, IPv6";
    EXPECT_NE(greeting(vm.context_of(web), protocol, host.ip4, port), "") << "itself";
  }
  EXPECT_NE(greeting(vm.context_of(client), "tcp", other.spec().ip4, 8080), host.ip4)
      << "another host's port is none of ours";
}

// This kernel has no sockets of SCTP to talk with: the rule is looked at.
TEST_P(Ports, MayBeOfSctp) {
  Vm& vm = start_lab().vm();
  const Json sctp = {{{"hostPort", 3868}, {"containerPort", 38}, {"protocol", "SCTP"}}};
  attach(vm, vm.make_pod("a"), config(vm, sctp));
  const std::string rules = vm.run({"nft", "list", "ruleset"}).out;
  EXPECT_TRUE(std::regex_search(
      rules, std::regex(R"(sctp \. 3868 comment "[^"]*@eth0" : 10\.240\.1\.5 \. 38)")))
      << rules;
}

TEST_P(Ports, OfOneAddressLeaveTheOthers) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab::must_run(vm.context(), {"ip", "address", "add", "10.99.0.1/32", "dev", "lo"});
  const Pod web = vm.make_pod("web");
  Json one = kWeb;
  one[0]["hostIP"] = "10.99.0.1";
  attach(vm, web, config(vm, one));
  const WhoamiServer server(vm.context_of(web), 80);
  EXPECT_NE(greeting(vm.context(), "tcp", "10.99.0.1", 8080), "");
  EXPECT_EQ(greeting(vm.context(), "tcp", vm.spec().ip4, 8080), "");
}

// Catches: a port that stays closed or leads to a dead pod, since the kernel goes on as it began.
TEST_P(Ports, OfUdpForgetTheirFlows) {
  Lab& lab = start_lab({2, 8, 1500});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  // One flow, from before there is a pod to after it was replaced.
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  const std::string script =
      "exec 3<>/dev/udp/$0/5353\n"
      "ask() { echo >&3; name=$(timeout 20 head -n 1 <&3); if [ \"$name\" ]; then echo yes; else "
      "echo no; fi > /run/answer; mv /run/answer \"/run/$1\"; }\n"
      "mkfifo /run/go2 /run/go3\n"
      "ask one; read -r _ < /run/go2; ask two; read -r _ < /run/go3; ask three\n";
  lab::Process client(other.context(), {"bash", "-c", script, vm.spec().ip4});
  EXPECT_TRUE(other.wait_for_file("/run/one"));
  EXPECT_EQ(other.read("/run/one"), "no\n");
  attach(vm, first, config(vm, kWeb));
  {
    const WhoamiServer server(vm.context_of(first), 80);
    other.write("/run/go2", "");
    EXPECT_TRUE(other.wait_for_file("/run/two"));
    EXPECT_EQ(other.read("/run/two"), "yes\n");
  }
  detach(vm, first, config(vm, kWeb));
  attach(vm, second, config(vm, kWeb));
  const WhoamiServer server(vm.context_of(second), 80);
  other.write("/run/go3", "");
  EXPECT_TRUE(other.wait_for_file("/run/three"));
  EXPECT_EQ(other.read("/run/three"), "yes\n");
  client.wait();
}

// Catches: ports that are closed for good when a firewall's service is restarted, which flushes
// all.
TEST_P(Ports, ComeBackWhenSomebodyFlushesTheRules) {
  Lab& lab = start_lab({2, 8, 1500});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  const Pod web = vm.make_pod("web"), next = vm.make_pod("next");
  const PluginExit added = attach(vm, web, config(vm, kWeb));
  const WhoamiServer server(vm.context_of(web), 80);
  vm.run({"nft", "flush", "ruleset"});
  EXPECT_EQ(greeting(other.context(), "tcp", vm.spec().ip4, 8080), "");
  Json check = config(vm, kWeb);
  check["prevResult"] = added.json;
  const PluginExit missed = vm.cni("CHECK", web, check);
  EXPECT_EQ(missed.json["code"], 106) << missed.text;
  EXPECT_NE(missed.text.find("ports4 { tcp . 8080 : 10.240.1.5 . 80 }"), std::string::npos)
      << missed.text;
  attach(vm, next, config(vm, Json::array()));
  EXPECT_NE(greeting(other.context(), "tcp", vm.spec().ip4, 8080), "") << "mended by the next ADD";
  lab.fabric().forget_spoofed_frames();
  EXPECT_EQ(vm.cni("CHECK", web, check).status, 0);
}

// Catches: two pods that fight for a port, and what is left of those that are gone.
TEST_P(Ports, BelongToOnePodAndGoWithIt) {
  Vm& vm = start_lab().vm();
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, vm.make_pod("other"), config(vm, Json::array()));
  attach(vm, first, config(vm, kWeb));
  const std::string before = vm.snapshot();
  const PluginExit refused = vm.cni("ADD", second, config(vm, kWeb));
  EXPECT_EQ(refused.json["code"], 107) << refused.text;
  EXPECT_NE(refused.text.find("8080"), std::string::npos);
  EXPECT_EQ(vm.snapshot(), before);
  detach(vm, first, config(vm, kWeb));
  detach(vm, second, config(vm, kWeb));
  const std::string rules = vm.run({"nft", "list", "ruleset"}).out;
  EXPECT_EQ(rules.find("8080"), std::string::npos) << rules;
  attach(vm, second, config(vm, kWeb));
}

// Catches: a list that contradicts itself, of which the kernel's "File exists" is all that is told.
TEST_F(Ports, OfOneListMayNotContradictEachOther) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  Json& list = config["runtimeConfig"]["portMappings"];
  list = {kWeb[0], kWeb[0]};
  const PluginExit twice = vm.cni("ADD", vm.make_pod("twice"), config);
  ASSERT_EQ(twice.status, 0) << "the same mapping twice does no harm: " << twice.text;
  list[0]["hostPort"] = list[1]["hostPort"] = 9001;
  list[1]["containerPort"] = 81;
  const PluginExit refused = vm.cni("ADD", vm.make_pod("a"), config);
  ASSERT_EQ(refused.status, 1);
  const unsigned code = refused.json.value("code", 0U);
  EXPECT_TRUE((code == 7 || code == 107) &&
              refused.text.find("portMappings[1]") != std::string::npos)
      << "the mapping that contradicts is not named: " << refused.text;
}

// Catches: two pods of different networks that have one port of the host; the later takes it over.
TEST_P(Ports, BelongToOnePodOfTheNode) {
  Vm& vm = start_lab().vm();
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  attach(vm, first, config(vm, kWeb));
  Json other = config(vm, Json::array());
  other["name"] = "other";
  attach(vm, vm.make_pod("none"), other);
  other["runtimeConfig"]["portMappings"] = kWeb;
  const PluginExit refused = vm.cni("ADD", second, other);
  EXPECT_EQ(refused.json.value("code", 0), 107)
      << "a pod of another network took the port: " << refused.text;
  EXPECT_NE(refused.text.find(first.container_id + "@eth0"), std::string::npos) << refused.text;
  detach(vm, first, config(vm, kWeb));
  attach(vm, second, other);
}

// Catches: a port of all addresses that a pod is given though another has it at one of them: who
// asks is not led to whom he means.
TEST_P(Ports, OfAllAddressesAndOfOneAreTheSame) {
  Vm& vm = start_lab().vm();
  const auto mapping = [](int port, const std::string& address) {
    return Json::array({{{"hostPort", port}, {"containerPort", 80}, {"hostIP", address}}});
  };
  const std::string all = "0.0.0.0", one = vm.spec().ip4;
  attach(vm, vm.make_pod("first"), config(vm, mapping(8080, one)));
  attach(vm, vm.make_pod("second"), config(vm, mapping(8081, all)));
  for (const Json& taken : {mapping(8080, all), mapping(8081, one)}) {
    const PluginExit refused =
        vm.cni("ADD", vm.make_pod("third" + std::to_string(taken[0]["hostPort"].get<int>())),
               config(vm, taken));
    EXPECT_EQ(refused.json.value("code", 0), 107)
        << "a port that overlaps another pod's was given: " << refused.text;
  }
}

// Catches: a client on the host that asks localhost, whose first address is ::1, and waits for
// ever. IPv6 has no route_localnet: no answer to ::1 can come from a pod.
TEST_P(Ports, OfIpv6LoopbackAreRefusedAtOnce) {
  Vm& vm = start_lab().vm();
  const Pod web = vm.make_pod("web");
  attach(vm, web, config(vm, kWeb));
  const WhoamiServer server(vm.context_of(web), 80);
  ASSERT_NE(greeting(vm.context(), "tcp", "127.0.0.1", 8080), "");
  constexpr int kTimedOut = 124;
  const lab::Exit asked = vm.run({"timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/::1/8080"});
  EXPECT_NE(asked.status, kTimedOut) << "[::1]:8080 hangs";
}

// Catches: 127.0.0.1 of the host opened to its neighbours, as route_localnet does (CVE-2020-8558).
TEST_P(Ports, DoNotOpenLoopbackToOthers) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod web = vm.make_pod("web");
  attach(vm, web, config(vm, kWeb));
  const WhoamiServer secret(vm.context(), 9);
  lab::must_run(vm.context_of(web), {"ip", "address", "del", "127.0.0.1/8", "dev", "lo"});
  vm.run_in(web, {"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet"});
  EXPECT_EQ(greeting(vm.context_of(web), "tcp", "127.0.0.1", 9), "");
}

class UdpFlows : public NetTest {};

// Catches: queries of all pods of the node that lose their answer whenever a pod with the host's
// port 53 comes or goes.
TEST_F(UdpFlows, OfOthersToTheSamePortGoOn) {
  Lab& lab = start_lab({.vms = 2});
  Vm &vm = lab.vm(), &other = lab.vm(1);
  const Pod client = vm.make_pod("client"), web = vm.make_pod("web");
  const PluginExit at_client = attach(vm, client, vm.config());
  const WhoamiServer server(other.context(), lab::kDiscard);
  lab::must_run(vm.context(), {"nft", "-f", "-"},
                "table inet watch {\n counter begun {}\n counter answered {}\n chain forward {\n"
                "  type filter hook forward priority 0;\n"
                "  udp dport 9 ct state new counter name begun\n"
                "  ct direction reply counter name answered\n }\n}\n");
  const auto count = [&](const std::string& counter) {
    const Json listing = Json::parse(
        lab::must_run(vm.context(), {"nft", "-j", "list", "counter", "inet", "watch", counter}));
    return listing["nftables"][1]["counter"]["packets"].get<int>();
  };
  const Json gateway = vm.ip_in(client, {"neigh", "show", "169.254.1.1"})[0]["lladdr"];
  const auto send = [&] {
    lab::send_frames(vm.context_of(client), "eth0",
                     {lab::datagram({at_client.json["interfaces"][1]["mac"], gateway},
                                    at_client.ip(), other.spec().ip4)});
  };
  send();
  ASSERT_TRUE(lab::eventually([&] { return count("answered") == 1; }));
  Json config = vm.config();
  config["runtimeConfig"]["portMappings"] = {
      {{"hostPort", lab::kDiscard}, {"containerPort", 80}, {"protocol", "udp"}}};
  attach(vm, web, config);
  send();
  ASSERT_TRUE(lab::eventually([&] { return count("answered") == 2; }));
  EXPECT_EQ(count("begun"), 1) << "somebody else's flow was forgotten";
}

}  // namespace
}  // namespace azcni::test
