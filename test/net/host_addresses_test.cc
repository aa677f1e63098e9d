// Addresses that are the host's own: those of the pool, a pod's, and one that it has for a time.

#include "net_test.h"

namespace azcni::test {
namespace {

class PoolOnTheHost : public NetTest {
 protected:
  /// A VM whose secondary addresses are all on eth0, so that no pod can have one.
  Vm& boot() {
    Vm& vm = start_lab({.secondaries = 2}).vm();
    vm.assign_secondaries();
    config_ = config_1_1(vm);
    vm.write("/etc/cni/net.d/10-azure.conflist",
             Json{{"cniVersion", "1.1.0"}, {"name", "azure"}, {"plugins", {config_}}}.dump());
    return vm;
  }

  Json config_;
};

// Catches: a node that is "ready", and on which no pod starts.
TEST_F(PoolOnTheHost, StatusIsThatNoAddWouldSucceed) {
  Vm& vm = boot();
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config_).status, 1) << "STATUS is content";
}

// Catches: advice to buy more addresses, which the next boot would put on the host as well.
TEST_F(PoolOnTheHost, AddSaysWhoHasTheAddresses) {
  Vm& vm = boot();
  const PluginExit answer = vm.cni("ADD", vm.make_pod("web"), config_);
  ASSERT_EQ(answer.json["code"], 102) << answer.text;
  EXPECT_EQ(answer.text.find("ip-config create"), std::string::npos)
      << "advised to assign more: " << answer.text;
}

// Catches: an administrator who is left to guess why.
TEST_F(PoolOnTheHost, DoctorTells) {
  Vm& vm = boot();
  EXPECT_TRUE(doctor_tells(vm, {"10.240.1.5", "eth0"})) << "no finding about the host's addresses";
}

/// The host takes a pod's address: where, and in which mode.
struct Taking {
  const char* name;
  const char* mode;
  const char* link;
};

class PodAddressOnTheHost : public NetTest, public ::testing::WithParamInterface<Taking> {
 protected:
  /// A VM with a pod, whose address the host then has, too (netplan apply).
  Vm& take() {
    Vm& vm = start_lab().vm();
    config_ = config_1_1(vm, GetParam().mode);
    config_["bridge"] = "azure0";
    pod_ = vm.make_pod("web");
    const PluginExit answer = attach(vm, pod_, config_);
    config_["prevResult"] = answer.json;
    address_ = answer.ip();
    lab::must_run(vm.context(), {"ip", "address", "add", address_ + "/16", "dev", GetParam().link});
    return vm;
  }

  Json config_;
  Pod pod_;
  std::string address_;
};

INSTANTIATE_TEST_SUITE_P(Modes, PodAddressOnTheHost,
                         ::testing::Values(Taking{"Transparent", "transparent", "eth0"},
                                           Taking{"BridgeByTheNic", "bridge", "eth0"},
                                           Taking{"BridgeByTheBridge", "bridge", "azure0"},
                                           Taking{"Tunnel", "tunnel", "azure0"}),
                         case_name<Taking>);

// Catches: a pod that is cut off, since the host answers for it, and that passes CHECK.
TEST_P(PodAddressOnTheHost, CheckFindsIt) {
  Vm& vm = take();
  EXPECT_EQ(vm.cni("CHECK", pod_, config_).status, 1) << "CHECK is content";
}

// Catches: the same, and nobody who says what happened.
TEST_P(PodAddressOnTheHost, DoctorTells) {
  Vm& vm = take();
  EXPECT_TRUE(doctor_tells(vm, {address_, GetParam().link})) << "no finding about the address";
}

class LeasedAddress : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Json config(const Vm& vm) const {
    Json config = vm.config(GetParam());
    config["bridge"] = "azure0";
    return config;
  }
  /// Seconds that the host's IPv4 address on the bridge has to live; 0 if it is not there.
  static std::uint64_t life_of(const Vm& vm) {
    for (const Json& link : vm.ip({"-4", "address", "show", "dev", "azure0"})) {
      for (const Json& each : link["addr_info"]) {
        if (each["local"] == vm.spec().ip4) return each["valid_life_time"];
      }
    }
    return 0;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, LeasedAddress, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a host that loses its address when the first lease ends, though its DHCP client, which
// knows the NIC alone, renewed it.
TEST_P(LeasedAddress, TakesARenewalOver) {
  Vm& vm = start_lab().vm();
  vm.lease_address("eth0", 600);
  attach(vm, vm.make_pod("first"), config(vm));
  ASSERT_GT(life_of(vm), 0U);
  vm.lease_address("eth0", 3600);
  attach(vm, vm.make_pod("second"), config(vm));
  ASSERT_GT(life_of(vm), 0U);
  EXPECT_GT(life_of(vm), 600U) << "the renewal is lost";
}

// Catches: a host that loses its address for good when its lease ends behind the bridge, where no
// DHCP client renews it.
TEST_P(LeasedAddress, IsThereAfterTheEndOfTheLease) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  vm.lease_address("eth0", 600);
  attach(vm, vm.make_pod("first"), config(vm));
  constexpr std::uint64_t kForever = 0xffffffff;
  if (life_of(vm) != kForever) {  // what the kernel does then
    lab::must_run(vm.context(), {"ip", "address", "del", vm.spec().ip4 + "/16", "dev", "azure0"});
  }
  attach(vm, vm.make_pod("second"), config(vm));
  EXPECT_TRUE(lab.pings_from_fabric(vm.spec().ip4)) << "the host has lost its address";
}

}  // namespace
}  // namespace azcni::test
