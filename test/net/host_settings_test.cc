// What the host has set for its links and routes, and must find again on the bridge.

#include "net_test.h"

namespace azcni::test {
namespace {

class HostSettings : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Json config(const Vm& vm) const {
    Json config = vm.config(GetParam());
    if (config["mode"] != "transparent") config["bridge"] = "azure0";
    return config;
  }
};

std::string mode_name(const ::testing::TestParamInfo<const char*>& each) { return each.param; }

INSTANTIATE_TEST_SUITE_P(Modes, HostSettings, ::testing::Values("transparent", "bridge", "tunnel"),
                         mode_name);

// Catches: a hardened host, whose NIC alone has IPv6: a link that is made there has it off.
TEST_P(HostSettings, Ipv6IsOffForNewLinks) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab::must_run(vm.context(), {"sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"});
  Json dual = config(vm);
  dual["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
  const PluginExit answer = vm.cni("ADD", vm.make_pod("web"), dual);
  ASSERT_EQ(answer.status, 0) << answer.text;
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip(1))) << "the pod";
  EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip6)) << "the host";
}

/// A host whose /proc/sys nobody can write: of some kinds of containers that a kubelet runs in.
class ReadOnlySettings : public NetTest {
 protected:
  PluginExit add(const Json& families) {
    Vm& vm = start_lab().vm();
    lab::must_run(vm.context(), {"sysctl", "-qw", "net.ipv4.ip_forward=1"});
    lab::must_run(vm.context(), {"mount", "--bind", "/proc/sys", "/proc/sys"});
    lab::must_run(vm.context(), {"mount", "-o", "remount,ro,bind", "/proc/sys"});
    config_ = vm.config();
    config_["ipam"]["ipFamilies"] = families;
    pod_ = vm.make_pod("web");
    return vm.cni("ADD", pod_, config_);
  }

  Json config_;
  Pod pod_;
};

// Catches: an attachment that fails for a setting of a protocol that it does not use.
TEST_F(ReadOnlySettings, AreEnoughForIpv4) {
  const PluginExit answer = add({"IPv4"});
  ASSERT_EQ(answer.status, 0) << answer.text;
  EXPECT_TRUE(Lab::pings(lab().vm(), answer.ip()));
  config_["prevResult"] = answer.json;
  EXPECT_EQ(lab().vm().cni("CHECK", pod_, config_).text, "");
}

// Catches: a pod with IPv6 whose router advertisements the host would take.
TEST_F(ReadOnlySettings, AreToldWhereIpv6NeedsOthers) {
  const PluginExit answer = add({"IPv4", "IPv6"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.text.find("Read-only file system"), std::string::npos) << answer.text;
}

class HostSettingsMove : public HostSettings {};

INSTANTIATE_TEST_SUITE_P(Modes, HostSettingsMove, ::testing::Values("bridge", "tunnel"), mode_name);

// Catches: a host on which no ADD ever works, and that loses its way with each try: FRR and
// networkd's [NextHop] make routes whose next hop is an object of its own.
TEST_P(HostSettingsMove, ARouteByANextHopObject) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab::must_run(vm.context(), {"ip", "-batch", "-"},
                "nexthop add id 7 via 10.240.0.1 dev eth0\n"
                "route add 203.0.113.0/24 nhid 7\n");
  const PluginExit answer = vm.cni("ADD", vm.make_pod("web"), config(vm));
  ASSERT_EQ(answer.status, 0) << answer.text;
  const Json route = vm.ip({"route", "get", lab::kInternetIp})[0];
  EXPECT_EQ(route["dev"], "azure0") << route;
  EXPECT_TRUE(Lab::pings(vm, lab::kInternetIp));
}

struct Setting {
  const char* name;
  const char* path;  ///< below net, with %: the link
  const char* value;
};

class LinkSetting : public NetTest, public ::testing::WithParamInterface<Setting> {
 protected:
  static std::string path(const std::string& link) {
    std::string path = std::string("/proc/sys/net/") + GetParam().path;
    return path.replace(path.find('%'), 1, link);
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, LinkSetting,
    ::testing::Values(Setting{"RpFilter", "ipv4/conf/%/rp_filter", "2"},
                      Setting{"ArpAnnounce", "ipv4/conf/%/arp_announce", "2"},
                      Setting{"Redirects4", "ipv4/conf/%/accept_redirects", "0"},
                      Setting{"Redirects6", "ipv6/conf/%/accept_redirects", "0"},
                      Setting{"AcceptRa", "ipv6/conf/%/accept_ra", "2"}),
    case_name<Setting>);

// Catches: what the administrator set for the NIC by name, and what is in force no more from the
// first ADD on: the bridge has the defaults.
TEST_P(LinkSetting, IsInForceOnTheBridge) {
  Vm& vm = start_lab().vm();
  const std::string value = std::string(GetParam().value) + "\n";
  ASSERT_NE(vm.read(path("default")), value);
  vm.write(path("eth0"), value);
  Json config = vm.config("bridge");
  config["bridge"] = "azure0";
  attach(vm, vm.make_pod("web"), config);
  EXPECT_EQ(vm.read(path("azure0")), value) << "the NIC's setting is lost";
}

}  // namespace
}  // namespace azcni::test
