// Lists of plugins, run as libcni runs them: the shipped conf/transparent.conflist, and azure-vnet
// before each of Debian's chained plugins.

#include <fstream>

#include "echo_server.h"
#include "net_test.h"

namespace azcni::test {
namespace {

class Conflist : public NetTest {
 protected:
  void SetUp() override {
    std::ifstream stream(AZCNI_SOURCE "/conf/transparent.conflist");
    list_ = Json::parse(stream);
  }

  /// One plugin of the list, with what libcni adds to its configuration.
  PluginExit call(const Vm& vm, const std::string& verb, const Pod& pod, Json plugin,
                  const Json& previous) {
    plugin["name"] = list_["name"];
    plugin["cniVersion"] = list_["cniVersion"];
    if (!previous.is_null()) plugin["prevResult"] = previous;
    for (const auto& [capability, value] : capabilities_.items()) {
      if (plugin.value("capabilities", Json::object()).value(capability, false))
        plugin["runtimeConfig"][capability] = value;
    }
    plugin.erase("capabilities");
    const std::string type = plugin["type"];
    return type == "azure-vnet" ? vm.cni(verb, pod, plugin) : vm.stock(type, verb, pod, plugin);
  }

  Json add(const Vm& vm, const Pod& pod) {
    Json result;
    for (const Json& plugin : list_["plugins"]) {
      const PluginExit answer = call(vm, "ADD", pod, plugin, result);
      EXPECT_EQ(answer.status, 0) << plugin << answer.text << answer.err;
      result = answer.json;
    }
    return result;
  }

  void del(const Vm& vm, const Pod& pod, const Json& result) {
    const Json& plugins = list_["plugins"];
    for (auto plugin = plugins.rbegin(); plugin != plugins.rend(); ++plugin) {
      const PluginExit answer = call(vm, "DEL", pod, *plugin, result);
      EXPECT_EQ(answer.status, 0) << *plugin << answer.text << answer.err;
    }
  }

  void check(const Vm& vm, const Pod& pod, const Json& result) {
    for (const Json& plugin : list_["plugins"]) {
      // Debian's portmap looks for IPv6 rules of an IPv4 container, and fails under bridge as well.
      if (plugin["type"] == "portmap") continue;
      const PluginExit answer = call(vm, "CHECK", pod, plugin, result);
      EXPECT_EQ(answer.status, 0) << plugin << answer.text << answer.err;
    }
  }

  void reaches_its_host_port(const std::string& mode);

  Json list_;
  const Json capabilities_ = Json::parse(R"({
      "portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
      "bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000}})");
};

bool connects(const Vm& vm, const std::string& address, int port) {
  return vm.run({"timeout", "10", "bash", "-c",
                 "exec 3<>/dev/tcp/" + address + "/" + std::to_string(port)})
             .status == 0;
}

// Catches: a shipped file that needs an edit to work.
TEST_F(Conflist, WorksOutOfTheBox) {
  for (const char* mode : {"transparent", "bridge", "tunnel"}) {
    SCOPED_TRACE(mode);
    reaches_its_host_port(mode);
  }
}

// Catches: a list of the Go plugins, with portmap, that works no more; ports that are opened twice.
TEST_F(Conflist, WorksWithPortmapAsBefore) {
  list_["plugins"][0].erase("capabilities");
  list_["plugins"].push_back(
      {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}, {"snat", true}});
  for (const char* mode : {"transparent", "bridge", "tunnel"}) {
    SCOPED_TRACE(mode);
    reaches_its_host_port(mode);
  }
}

void Conflist::reaches_its_host_port(const std::string& mode) {
  Lab lab(AZCNI_PLUGINS, {.vms = 2});
  Vm& vm = lab.vm(0);
  list_["plugins"][0]["mode"] = mode;
  const Pod pod = vm.make_pod("web");
  const Json result = add(vm, pod);
  EXPECT_EQ(result["ips"][0]["address"], "10.240.1.5/16");
  EXPECT_EQ(result["dns"]["nameservers"][0], "168.63.129.16");
  const lab::EchoServer server({-1, vm.context().mnt, pod.netns}, 80);
  EXPECT_TRUE(connects(lab.vm(1), vm.spec().ip4, 8080)) << "from the other VM";
  EXPECT_TRUE(connects(vm, vm.spec().ip4, 8080)) << "from the host itself";
  del(vm, pod, result);
  EXPECT_FALSE(connects(lab.vm(1), vm.spec().ip4, 8080));
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
}

// Catches: a neighbour in the list that cuts the pod off, since the host has the MAC address of
// before for a permanent neighbour, and a validate that has nothing against such a list.
TEST_F(Conflist, ALaterMacIsRefusedByValidateOrWorks) {
  Vm& vm = start_lab().vm();
  const auto is_valid = [&](const Json& tuning) {
    list_["plugins"] = {vm.config(), tuning};
    vm.write("/run/10-azure.conflist", list_.dump());
    return vm.run({AZCNI_PLUGINS "/azure-vnet", "validate", "/run/10-azure.conflist"}).status == 0;
  };
  ASSERT_TRUE(is_valid({{"type", "tuning"}, {"mtu", 1400}}));
  if (!is_valid({{"type", "tuning"}, {"mac", "02:11:22:33:44:55"}})) return;
  const Pod pod = vm.make_pod("web");
  const Json result = add(vm, pod);
  ASSERT_EQ(result["interfaces"][1]["mac"], "02:11:22:33:44:55") << result;
  const PluginExit checked = call(vm, "CHECK", pod, list_["plugins"][0], result);
  EXPECT_TRUE(Lab::pings(vm, "10.240.1.5") && checked.status == 0)
      << "tuning's mac cuts the pod off: " << checked.text;
}

struct Chained {
  const char* name;
  Json plugin;

  friend void PrintTo(const Chained& each, std::ostream* out) { *out << each.name; }
};

class Chain : public Conflist, public ::testing::WithParamInterface<Chained> {};

INSTANTIATE_TEST_SUITE_P(
    Plugins, Chain,
    ::testing::Values(
        Chained{"portmap", {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}}},
        Chained{"bandwidth", {{"type", "bandwidth"}, {"capabilities", {{"bandwidth", true}}}}},
        Chained{
            "tuning",
            {{"type", "tuning"}, {"mtu", 1400}, {"sysctl", {{"net.ipv4.ip_default_ttl", "77"}}}}},
        Chained{"firewall", {{"type", "firewall"}, {"backend", "iptables"}}}),
    case_name<Chained>);

// Catches: a result that a plugin after us can't use, loses or breaks; a CHECK of ours that takes
// what such a plugin did for damage; leftovers when they have run before us at DEL.
TEST_P(Chain, PassesResultAndDnsOn) {
  for (const char* mode : {"transparent", "bridge", "tunnel"}) {
    for (const char* version : {"0.4.0", "1.0.0"}) {
      SCOPED_TRACE(std::string(mode) + " " + version);
      Lab lab(AZCNI_PLUGINS);
      Vm& vm = lab.vm();
      list_ = {{"name", "azure"},
               {"cniVersion", version},
               {"plugins", {vm.config(mode), GetParam().plugin}}};
      list_["plugins"][0]["dns"] = {{"nameservers", {"10.0.0.10"}}, {"search", {"cluster.local"}}};
      const Pod first = vm.make_pod("first"), pod = vm.make_pod("web");
      add(vm, first);  // what is made once for the node is no leftover
      const std::string before = vm.snapshot();
      const Json result = add(vm, pod);
      EXPECT_EQ(result["ips"][0]["address"], "10.240.1.6/16");
      EXPECT_EQ(result["dns"], list_["plugins"][0]["dns"]);
      EXPECT_GE(result["interfaces"].size(), 2U);
      EXPECT_EQ(result["interfaces"][result["ips"][0]["interface"].get<std::size_t>()]["name"],
                "eth0");
      EXPECT_TRUE(lab.pings_from_fabric("10.240.1.6"));
      check(vm, pod, result);
      del(vm, pod, result);
      EXPECT_EQ(vm.snapshot(), before);
      del(vm, pod, result);
    }
  }
}

}  // namespace
}  // namespace azcni::test
