// What somebody took away of attachments that live, and which verb puts it back.

#include "net_test.h"

namespace azcni::test {
namespace {

lab::Exit vnet(const Vm& vm, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{std::string(AZCNI_PLUGINS) + "/azure-vnet"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return vm.run(argv);
}

/// What was taken away of a pod on the host, and who is to bring it back.
struct Loss {
  const char* name;
  const char* mode;
  const char* command;  ///< in words of a shell; $1: the pod's link
  const char* verb;     ///< of a runtime, or doctor
};

class Repair : public NetTest, public ::testing::WithParamInterface<Loss> {};

// What a restart of networkd does, if nobody told it to leave routes and links of others alone.
constexpr const char* kFlushRoutes = "ip route flush proto static";
constexpr const char* kRemovePort = "ip link set \"$1\" nomaster";

INSTANTIATE_TEST_SUITE_P(
    Losses, Repair,
    ::testing::Values(Loss{"RouteByAdd", "transparent", kFlushRoutes, "ADD"},
                      Loss{"RouteByStatus", "transparent", kFlushRoutes, "STATUS"},
                      Loss{"RouteByDoctor", "transparent", kFlushRoutes, "doctor"},
                      Loss{"PortByAdd", "bridge", kRemovePort, "ADD"},
                      Loss{"PortByStatus", "bridge", kRemovePort, "STATUS"},
                      Loss{"PortByDoctor", "bridge", kRemovePort, "doctor"}),
    case_name<Loss>);

// Catches: pods that are cut off until each is deleted and created again, though all that is needed
// is on record.
TEST_P(Repair, BringsThePodBack) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  Json config = vm.config(GetParam().mode);
  config["cniVersion"] = "1.1.0";
  const PluginExit answer = attach(vm, vm.make_pod("web"), config);
  ASSERT_TRUE(lab.pings_from_fabric(answer.ip()));
  const std::string link = answer.json["interfaces"][0]["name"];
  lab::must_run(vm.context(), {"sh", "-euc", GetParam().command, "sh", link});
  ASSERT_FALSE(lab.pings_from_fabric(answer.ip()));
  const std::string verb = GetParam().verb;
  if (verb == "doctor") {
    vnet(vm, {"doctor", "--fix"});
  } else {
    ASSERT_EQ(vm.cni(verb, vm.make_pod("next"), config).status, 0);
  }
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip())) << "the pod is cut off still";
}

class ModeChange : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(From, ModeChange, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a NIC that stays below its bridge for good, since no record tells of it any more. An ADD
// may well be refused while there are pods of the other mode.
TEST_P(ModeChange, ToTransparentGivesTheNicBackInTheEnd) {
  Vm& vm = start_lab().vm();
  const Pod old = vm.make_pod("old"), young = vm.make_pod("young");
  attach(vm, old, vm.config(GetParam()));
  vm.cni("ADD", young, vm.config("transparent"));
  detach(vm, old, vm.config("transparent"));
  detach(vm, young, vm.config("transparent"));
  ASSERT_EQ(vnet(vm, {"network", "rm", "azure"}).status, 0);
  EXPECT_TRUE(vm.ip({"link", "show", "type", "bridge"}).empty()) << "eth0 is not given back";
}

class NetnsGone : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// A pod whose namespace ended without DEL: a restart of Docker, or of the whole pod.
  Pod lose_pod(const Vm& vm) {
    config_ = vm.config(GetParam());
    Pod pod = vm.make_pod("web");
    const PluginExit answer = attach(vm, pod, config_);
    address_ = answer.ip();
    config_["prevResult"] = answer.json;
    const std::string link = answer.json["interfaces"][0]["name"];
    vm.remove_netns(pod);
    EXPECT_TRUE(lab::eventually([&] { return vm.ip({"link", "show", link}).empty(); }));
    const std::string id = pod.container_id;
    pod = vm.make_pod("web");  // at the same path
    pod.container_id = id;
    return pod;
  }

  Json config_;
  std::string address_;
};

INSTANTIATE_TEST_SUITE_P(Modes, NetnsGone, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a CHECK that fails as if the system had refused something.
TEST_P(NetnsGone, CheckSaysWhatIsMissing) {
  Vm& vm = start_lab().vm();
  const Pod pod = lose_pod(vm);
  const PluginExit answer = vm.cni("CHECK", pod, config_);
  ASSERT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], 106) << answer.text;
}

// Catches: a container that can't be attached since its record says that it is.
TEST_P(NetnsGone, AddAttachesTheNewOneWithItsAddress) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod pod = lose_pod(vm);
  const PluginExit answer = vm.cni("ADD", pod, config_);
  ASSERT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(answer.ip(), address_);
  EXPECT_TRUE(lab.pings_from_fabric(address_));
}

}  // namespace
}  // namespace azcni::test
