// azure-vnet with IPAM plugins of other makers, whose addresses Azure never heard of.

#include "net_test.h"

namespace azcni::test {
namespace {

class OtherIpam : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    vm_ = &start_lab().vm();
    config_ = vm_->config(GetParam());
    config_["cniVersion"] = "1.1.0";
    before_ = vm_->snapshot();
  }

  /// ADD of a pod, whose CHECK must be content with it.
  PluginExit attach_and_check(const Pod& pod) {
    const PluginExit answer = attach(*vm_, pod, config_);
    Json check = config_;
    check["prevResult"] = answer.json;
    const PluginExit checked = vm_->cni("CHECK", pod, check);
    EXPECT_EQ(checked.status, 0) << checked.text;
    return answer;
  }

  bool has_route(const Pod& pod, const std::vector<std::string>& show, const Json& wanted) const {
    std::vector<std::string> arguments{"route", "show"};
    arguments.insert(arguments.end(), show.begin(), show.end());
    for (const Json& route : vm_->ip_in(pod, arguments)) {
      Json merged = route;
      merged.merge_patch(wanted);
      if (merged == route) return true;
    }
    ADD_FAILURE() << wanted << " is not in " << vm_->ip_in(pod, arguments);
    return false;
  }

  Vm* vm_ = nullptr;
  Json config_;
  std::string before_;
};

INSTANTIATE_TEST_SUITE_P(Modes, OtherIpam, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a master that is found by Azure's subnets alone; a gateway that has to be in one.
TEST_P(OtherIpam, HostLocal) {
  config_["cniVersion"] = "1.0.0";  // what Debian's speaks
  config_["ipam"] = {{"type", "host-local"},
                     {"dataDir", "/run/host-local"},
                     {"ranges", Json::parse(R"([[{"subnet": "10.9.0.0/24"}]])")}};
  const Pod a = vm_->make_pod("a"), b = vm_->make_pod("b");
  const PluginExit at_a = attach_and_check(a), at_b = attach_and_check(b);
  EXPECT_EQ(at_a.json["ips"][0]["address"], "10.9.0.2/24");
  EXPECT_TRUE(Lab::pings(*vm_, at_a.ip())) << "from the host";
  if (std::string(GetParam()) != "tunnel") {  // there the fabric would have to know the address
    EXPECT_TRUE(Lab::pings_from(*vm_, a, at_b.ip()));
  }
  detach(*vm_, a, config_);
  detach(*vm_, b, config_);
  EXPECT_TRUE(vm_->ip({"link", "show", "type", "veth"}).empty());
  EXPECT_EQ(vm_->list("/run/host-local/azure"),
            (std::vector<std::string>{"last_reserved_ip.0", "lock"}));
}

TEST_P(OtherIpam, Static) {
  config_["cniVersion"] = "1.0.0";
  config_["ipam"] = Json::parse(R"({"type": "static", "addresses": [
    {"address": "10.9.0.5/24", "gateway": "10.9.0.254"}, {"address": "fd09::5/64"}],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}], "dns": {"nameservers": ["10.9.0.53"]}})");
  const Pod pod = vm_->make_pod("a");
  const PluginExit answer = attach_and_check(pod);
  EXPECT_EQ(answer.json["dns"]["nameservers"][0], "10.9.0.53");
  EXPECT_TRUE(Lab::pings(*vm_, "10.9.0.5"));
  EXPECT_TRUE(Lab::pings(*vm_, "fd09::5"));
  EXPECT_TRUE(Lab::pings_from(*vm_, pod, vm_->spec().ip4)) << "by the default route";
  detach(*vm_, pod, config_);
  EXPECT_TRUE(vm_->ip({"link", "show", "type", "veth"}).empty());
}

// Catches: a second address of a family that fails on the first one's routes; a missing gateway.
TEST_P(OtherIpam, SeveralAddressesAndNoGateway) {
  vm_->make_canned_ipam(Json::parse(R"({"cniVersion": "1.1.0", "ips": [
    {"address": "10.9.0.5/24"}, {"address": "10.9.1.6/24"}, {"address": "10.9.2.7/32"},
    {"address": "fd09::5/64"}, {"address": "fd09::6/64"}]})"));
  config_["ipam"] = {{"type", "canned"}};
  const Pod pod = vm_->make_pod("a");
  const PluginExit answer = attach_and_check(pod);
  EXPECT_EQ(answer.json["ips"].size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(Lab::pings(*vm_, answer.ip(i))) << answer.ip(i);
  detach(*vm_, pod, config_);
  EXPECT_TRUE(vm_->ip({"link", "show", "type", "veth"}).empty());
}

TEST_P(OtherIpam, ASingleAddressWithoutASubnet) {
  vm_->make_canned_ipam(
      Json::parse(R"({"cniVersion": "1.1.0", "ips": [{"address": "10.9.2.7/32"}]})"));
  config_["ipam"] = {{"type", "canned"}};
  const PluginExit answer = attach_and_check(vm_->make_pod("a"));
  EXPECT_TRUE(Lab::pings(*vm_, answer.ip()));
}

// Catches: routes, or their numbers, that are dropped on the way from IPAM to the kernel.
TEST_P(OtherIpam, RoutesWithTheNumbersOf110) {
  const Json result = Json::parse(R"({"cniVersion": "1.1.0",
    "ips": [{"address": "10.9.0.5/24", "gateway": "10.9.0.254"}],
    "routes": [{"dst": "10.0.0.0/8", "mtu": 1400, "advmss": 1300, "priority": 50},
               {"dst": "10.77.0.0/16", "gw": "10.9.0.9", "table": 100},
               {"dst": "10.78.0.0/16", "scope": 253}]})");
  vm_->make_canned_ipam(result);
  config_["ipam"] = {{"type", "canned"}};
  const Pod pod = vm_->make_pod("a");
  const PluginExit answer = attach_and_check(pod);
  EXPECT_EQ(answer.json["routes"], result["routes"]);
  const std::string gateway =
      std::string(GetParam()) == "transparent" ? "169.254.1.1" : "10.9.0.254";
  EXPECT_TRUE(has_route(pod, {},
                        {{"dst", "10.0.0.0/8"},
                         {"gateway", gateway},
                         {"metric", 50},
                         {"metrics", {{{"mtu", 1400}, {"advmss", 1300}}}}}));
  EXPECT_TRUE(has_route(pod, {"table", "100"}, {{"dst", "10.77.0.0/16"}, {"gateway", gateway}}));
  EXPECT_TRUE(has_route(pod, {}, {{"dst", "10.78.0.0/16"}, {"scope", "link"}}));
  EXPECT_TRUE(has_route(pod, {}, {{"dst", "10.9.0.0/24"}, {"gateway", gateway}}))
      << "its own subnet, which no route of IPAM covers";
  EXPECT_TRUE(vm_->ip_in(pod, {"route", "show", "default"}).empty()) << "IPAM named other routes";
  EXPECT_TRUE(Lab::pings(*vm_, answer.ip())) << "the host is in 10.0.0.0/8";

  Json check = config_;
  check["prevResult"] = answer.json;
  vm_->run_in(pod, {"ip", "route", "del", "10.77.0.0/16", "table", "100"});
  EXPECT_NE(vm_->cni("CHECK", pod, check).text.find("10.77.0.0/16"), std::string::npos);
}

// Catches: a rollback that knows how to undo our own IPAM alone.
TEST_P(OtherIpam, ARouteThatCannotBeLeavesNothingBehind) {
  vm_->make_canned_ipam(Json::parse(R"({"cniVersion": "1.1.0", "ips": [{"address": "10.9.0.5/24"}],
    "routes": [{"dst": "10.77.0.0/16", "priority": 5},
               {"dst": "10.77.0.0/16", "priority": 5, "mtu": 1300}]})"));
  config_["ipam"] = {{"type", "canned"}};
  const PluginExit answer = vm_->cni("ADD", vm_->make_pod("a"), config_);
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.text.find("ip route add 10.77.0.0/16"), std::string::npos) << answer.text;
  EXPECT_TRUE(vm_->ip({"link", "show", "type", "veth"}).empty());
  if (std::string(GetParam()) == "transparent") {
    EXPECT_EQ(vm_->snapshot(), before_);
  }
}

/// A result that others understand; its address is 10.9.0.5/24.
struct OddResult {
  const char* name;
  const char* ip;  ///< more of ips[0]
  const char* routes;
};

class OddIpam : public NetTest, public ::testing::WithParamInterface<OddResult> {};

INSTANTIATE_TEST_SUITE_P(
    Results, OddIpam,
    ::testing::Values(OddResult{"interface_of_no_list", R"({"interface": 0})", "[]"},
                      OddResult{"no_interface", R"({"interface": -1})", "[]"},
                      OddResult{"route_to_a_host", "{}",
                                R"([{"dst": "0.0.0.0/0"}, {"dst": "10.9.8.7/24"}])"}),
    case_name<OddResult>);

// Catches: an IPAM plugin that no longer works under us, though it does under the reference
// plugins.
TEST_P(OddIpam, IsUnderstood) {
  Vm& vm = start_lab().vm();
  Json result = Json::parse(R"({"cniVersion": "1.0.0", "ips": [{"address": "10.9.0.5/24"}]})");
  result["ips"][0].update(Json::parse(GetParam().ip));
  result["routes"] = Json::parse(GetParam().routes);
  vm.make_canned_ipam(result);
  Json config = vm.config();
  config["ipam"] = {{"type", "canned"}};
  const Pod pod = vm.make_pod("a");
  const PluginExit added = vm.cni("ADD", pod, config);
  ASSERT_EQ(added.status, 0) << added.text;
  EXPECT_TRUE(Lab::pings(vm, "10.9.0.5"));
  config["prevResult"] = added.json;
  EXPECT_EQ(vm.cni("CHECK", pod, config).text, "");
}

// Catches: an error that tells of a time which nobody waited.
TEST_F(OddIpam, ThatNeverEndsItsAnswerIsNotCalledSilent) {
  Vm& vm = start_lab().vm();
  vm.make_canned_ipam({});
  vm.write("/run/cni/canned", "#!/bin/sh\n[ \"$CNI_COMMAND\" != ADD ] || exec cat /dev/zero\n");
  Json config = vm.config();
  config["ipam"] = {{"type", "canned"}};
  const PluginExit answer = vm.cni("ADD", vm.make_pod("a"), config);
  ASSERT_EQ(answer.status, 1);
  EXPECT_EQ(answer.text.find("no answer within"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace azcni::test
