// What a pod may send, attack by attack: each succeeds where nobody guards, or it would be no test.

#include <functional>

#include "hostile_pod.h"
#include "whoami_server.h"

namespace azcni::test {
namespace {

using lab::Frame;
using lab::greeting;
using lab::WhoamiServer;

// Nobody has it: whoever sends there is counted by the fabric alone.
constexpr const char* kNowhere = "10.240.2.10";
constexpr const char* kGateway = "10.240.0.1";
constexpr const char* kGateway6 = "fe80::1234:5678:9abc";
constexpr int kFlood = 300;

class Guard;

struct Attack {
  const char* name;
  bool needs_bridge;
  bool (*succeeds)(Guard& test, Vm& vm);
};

/// An attack in a mode.
struct Case {
  std::string mode;
  Attack attack;

  friend void PrintTo(const Case& each, std::ostream* out) { *out << each.attack.name; }
};

class Guard : public HostilePodTest, public ::testing::WithParamInterface<Case> {
 public:
  using HostilePodTest::is_bridged;
  std::string evil_mac(const Vm& vm) const { return mac_of(vm, evil_); }
  std::string good_mac(const Vm& vm) const { return mac_of(vm, good_); }

  /// A datagram with that source leaves the VM.
  bool sends_as(const Vm& vm, const std::string& mac, const std::string& address) {
    const int before = arrived();
    send(vm, {lab::datagram({mac, gateway_mac_of(vm, evil_)}, address, kNowhere)});
    return arrived() > before;
  }
  /// The host believes that its gateway is the pod.
  bool takes_gateway(const Vm& vm, const std::string& gateway, const Frame& frame) {
    // The kernel would not believe a second answer within a second.
    vm.write("/proc/sys/net/ipv4/neigh/" + bridge_of(vm) + "/locktime", "0");
    EXPECT_TRUE(Lab::pings(vm, kGateway));
    EXPECT_TRUE(Lab::pings(vm, lab::kInternetIp6));
    send(vm, {frame});
    return mac_of_gateway(vm, gateway) != lab::kRouterMac;
  }
  /// The host remembers neighbours that there are not.
  bool floods(const Vm& vm, const std::function<Frame(int)>& frame) {
    std::vector<Frame> frames;
    for (int i = 0; i < kFlood; ++i) frames.push_back(frame(i));
    send(vm, frames);
    return vm.ip({"neigh", "show"}).size() > kFlood / 2;
  }
  /// Where frames for the host go.
  std::string host_mac(const Vm& vm) const {
    return is_bridged() ? vm.spec().mac : gateway_mac_of(vm, evil_);
  }
  std::string evil_ip(std::size_t index = 0) const { return at_evil_.ip(index); }
  std::string good_ip(std::size_t index = 0) const { return at_good_.ip(index); }
  /// As kernels give one to each link of the host: it answers for it.
  std::string host_link_local(const Vm& vm) const {
    const std::string link = is_bridged() ? bridge_of(vm) : link_of(at_evil_), address = "fe80::99";
    lab::must_run(vm.context(), {"ip", "address", "add", address + "/64", "dev", link, "nodad"});
    return address;
  }

 private:
  int arrived() { return lab().fabric().packets_to(kNowhere) + lab().fabric().foreign_packets(); }
};

const Attack kAttacks[] = {
    {"ArpAsTheRouter", true,
     [](Guard& test, Vm& vm) {
       return test.takes_gateway(
           vm, kGateway,
           lab::arp_reply({test.evil_mac(vm), vm.spec().mac}, kGateway, vm.spec().ip4));
     }},
    {"ArpAsTheRouterInAVlan", true,
     [](Guard& test, Vm& vm) {
       return test.takes_gateway(
           vm, kGateway,
           lab::tagged(lab::arp_reply({test.evil_mac(vm), vm.spec().mac}, kGateway, vm.spec().ip4),
                       0));
     }},
    {"NeighbourAdvertisementAsTheRouter", true,
     [](Guard& test, Vm& vm) {
       return test.takes_gateway(
           vm, kGateway6,
           lab::neighbour_advertisement({test.evil_mac(vm), vm.spec().mac}, kGateway6,
                                        test.evil_ip(1), vm.spec().ip6));
     }},
    {"NeighbourAdvertisementInAVlan", true,
     [](Guard& test, Vm& vm) {
       return test.takes_gateway(
           vm, kGateway6,
           lab::tagged(lab::neighbour_advertisement({test.evil_mac(vm), vm.spec().mac}, kGateway6,
                                                    test.evil_ip(1), vm.spec().ip6),
                       0));
     }},
    {"MacOfTheRouter", true,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, lab::kRouterMac, test.evil_ip()); }},
    {"MacOfTheHost", true,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, vm.spec().mac, test.evil_ip()); }},
    {"MacOfAnotherPod", true,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.good_mac(vm), test.evil_ip()); }},
    {"AddressOfAnotherPod", false,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.evil_mac(vm), test.good_ip()); }},
    {"AddressAndMacOfAnotherPod", false,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.good_mac(vm), test.good_ip()); }},
    {"AddressOfTheHost", true,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.evil_mac(vm), vm.spec().ip4); }},
    {"ForeignAddress", false,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.evil_mac(vm), "1.2.3.4"); }},
    {"LoopbackAddress", true,
     [](Guard& test, Vm& vm) { return test.sends_as(vm, test.evil_mac(vm), "127.0.0.1"); }},
    {"FloodByArp", false,
     [](Guard& test, Vm& vm) {
       return test.floods(vm, [&, mac = test.evil_mac(vm), to = test.host_mac(vm)](int i) {
         return lab::arp_request({mac, to}, "10.240.3." + std::to_string(i % 250), vm.spec().ip4);
       });
     }},
    {"FloodByNeighbourSolicitations", false,
     [](Guard& test, Vm& vm) {
       return test.floods(vm, [&, mac = test.evil_mac(vm), to = test.host_mac(vm),
                               host = test.host_link_local(vm)](int i) {
         return lab::neighbour_solicitation(
             {mac, to}, (test.is_bridged() ? "fd00:dead::" : "fe80::dead:") + std::to_string(i),
             host);
       });
     }},
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* mode : {"transparent", "bridge", "tunnel"}) {
    for (const Attack& each : kAttacks) {
      if (!each.needs_bridge || mode != std::string("transparent")) all.push_back({mode, each});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Guard, ::testing::ValuesIn(cases()), [](const auto& each) {
  return std::string(each.param.attack.name) + "_" + each.param.mode;
});

// Catches: a pod that others take for the router, the host or another pod; and a guard that nobody
// is told of.
TEST_P(Guard, DropsAndCounts) {
  Vm& vm = raise_vm(GetParam().mode, {.vms = 2});
  EXPECT_EQ(dropped(vm, "spoofed"), 0);
  EXPECT_FALSE(GetParam().attack.succeeds(*this, vm));
  EXPECT_GT(dropped(vm, "spoofed"), 0);
  EXPECT_TRUE(doctor_tells(vm, {"dropped-spoofed"}));
  EXPECT_EQ(lab().fabric().foreign_packets(), 0);
  EXPECT_TRUE(Lab::pings_from(vm, good_, kGateway)) << "the other pod noticed";
  EXPECT_TRUE(Lab::pings(vm, kGateway)) << "the host noticed";
}

// Catches: an attack above that fails for another reason.
TEST_P(Guard, IsNeeded) {
  Vm& vm = raise_vm(GetParam().mode, {.vms = 2}, {{"sourceGuard", false}});
  EXPECT_TRUE(GetParam().attack.succeeds(*this, vm));
  EXPECT_EQ(dropped(vm, "spoofed"), 0);
}

class Allowed : public HostilePodTest, public ::testing::WithParamInterface<const char*> {
 protected:
  bool sends_as(const Vm& vm, const std::string& mac, const std::string& address) {
    const int before = lab().fabric().foreign_packets();
    send(vm, {lab::datagram({mac, gateway_mac_of(vm, evil_)}, address, kNowhere)});
    return lab().fabric().foreign_packets() > before;
  }
};

class AllowedByTheBridge : public Allowed {};

INSTANTIATE_TEST_SUITE_P(Modes, Allowed, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });
INSTANTIATE_TEST_SUITE_P(Modes, AllowedByTheBridge, ::testing::Values("bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: keepalived, MetalLB and routers of their own that the guard stops, though somebody said
// what they may; and a virtual address that opens all others.
TEST_P(AllowedByTheBridge, AddressesAndNetworks) {
  Vm& vm =
      raise_vm(GetParam(), {.vms = 2}, {{"allowedAddresses", {"10.9.9.9/32", "172.16.0.0/12"}}});
  const std::string me = mac_of(vm, evil_), other = mac_of(vm, good_);
  EXPECT_TRUE(sends_as(vm, me, "10.9.9.9"));
  EXPECT_TRUE(sends_as(vm, me, "172.20.1.1"));
  EXPECT_EQ(dropped(vm, "spoofed"), 0);
  EXPECT_FALSE(sends_as(vm, me, "10.9.9.8"));
  EXPECT_FALSE(sends_as(vm, other, "10.9.9.9")) << "with the MAC address of another pod";
  EXPECT_FALSE(sends_as(vm, other, "172.20.1.1")) << "with the MAC address of another pod";
  EXPECT_EQ(dropped(vm, "spoofed"), 3);
}

// Catches: what an administrator took back, and a pod that lives still may.
TEST_P(AllowedByTheBridge, NoMoreWhereTheConfigurationChanged) {
  Vm& vm = raise_vm(GetParam(), {.vms = 2}, {{"allowedAddresses", {"10.9.9.9/32", "0.0.0.0/0"}}});
  const std::string me = mac_of(vm, evil_);
  EXPECT_TRUE(sends_as(vm, me, "10.9.9.9"));
  EXPECT_TRUE(sends_as(vm, me, "1.2.3.4"));
  config_.erase("allowedAddresses");
  attach(vm, vm.make_pod("next"), config_);
  EXPECT_FALSE(sends_as(vm, me, "10.9.9.9"));
  EXPECT_FALSE(sends_as(vm, me, "1.2.3.4"));
  detach(vm, evil_, config_);
  const std::string rules = vm.run({"nft", "list", "ruleset"}).out;
  EXPECT_EQ(rules.find(me), std::string::npos) << rules;
}

// Catches: a router's pod that needs to be told to the plugin though the host has its route.
TEST_F(HostilePodTest, RouterIsFreeWhereTheHostHasItsRoute) {
  Vm& vm = raise_vm("transparent", {.vms = 2});
  lab::must_run(vm.context(), {"ip", "route", "add", "10.99.0.0/16", "dev", link_of(at_evil_)});
  send(vm, {lab::datagram({mac_of(vm, evil_), gateway_mac_of(vm, evil_)}, "10.99.1.1", kNowhere)});
  EXPECT_EQ(lab().fabric().foreign_packets(), 1);
  EXPECT_EQ(dropped(vm, "spoofed"), 0);
}

// Catches: a pod that gets the identity of its VM where an administrator said it may not, and one
// that loses it elsewhere.
TEST_P(Allowed, MetadataUnlessTheyAreBlocked) {
  Vm& vm = raise_vm(GetParam(), {}, {{"ipMasq", true}, {"vnetCidrs", "10.240.0.0/16"}});
  constexpr int kHttp = 80;
  const WhoamiServer metadata(lab().fabric().context(), kHttp + 1);
  const auto answer = [&] {
    return greeting(vm.context_of(evil_), "tcp", lab::kMetadataIp, kHttp + 1);
  };
  EXPECT_NE(answer(), "");
  config_["blockMetadata"] = true;
  attach(vm, vm.make_pod("next"), config_);
  EXPECT_EQ(answer(), "") << "a pod that was there before";
  EXPECT_GT(dropped(vm, "metadata"), 0);
}

// Catches: an upgrade that cuts off the pods of before, or leaves them unguarded.
TEST_P(Allowed, PodsOfOlderVersionsAreGuardedByTheNextAdd) {
  Vm& vm = raise_vm(GetParam(), {.vms = 2});
  const std::string link = link_of(at_evil_);
  const std::string now = vm.ip({"link", "show", link}).at(0).at("group");
  const bool had_group = std::string(GetParam()) != "transparent";
  const unsigned long old = had_group ? std::stoul(now) & ~0x40000UL : 0;
  lab::must_run(vm.context(), {"ip", "link", "set", link, "group", std::to_string(old)});
  EXPECT_TRUE(sends_as(vm, mac_of(vm, evil_), "1.2.3.4")) << "as it was before";
  vm.run({"rm", "-r", "/run/azure-vnet/looked"});
  attach(vm, vm.make_pod("next"), config_);
  EXPECT_TRUE(Lab::pings_from(vm, evil_, vm.spec().ip4));
  EXPECT_FALSE(sends_as(vm, mac_of(vm, evil_), "1.2.3.4"));
}

}  // namespace
}  // namespace azcni::test
