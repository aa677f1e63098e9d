#pragma once

#include <algorithm>
#include <string>

#include "net_test.h"

namespace azcni::test {

/// The host of a NIC that goes below a bridge and comes back.
class UplinkTest : public NetTest {
 public:
  static void script(const Vm& vm, const std::string& text) {
    lab::must_run(vm.context(), {"bash", "-euc", text});
  }

  /// Everything that the host has, as `ip -j` tells it, but for lifetimes.
  static std::string host(const Vm& vm) {
    Json all;
    all["link"] = vm.ip({"link", "show"});
    all["address"] = vm.ip({"address", "show"});
    for (const char* family : {"-4", "-6"}) {
      for (const Json& route : vm.ip({family, "route", "show", "table", "all"})) {
        if (!is_of_pod(route.value("dev", ""))) all[std::string("route") + family].push_back(route);
      }
    }
    all["neighbour"] = vm.ip({"neigh", "show", "nud", "permanent"});
    std::sort(all["neighbour"].begin(), all["neighbour"].end());  // of a hashed table
    for (Json& link : all["address"]) {
      // A pod's link-local address comes in its own time.
      if (is_of_pod(link["ifname"])) link.erase("addr_info");
      for (Json& address : link["addr_info"]) {
        address.erase("valid_life_time");
        address.erase("preferred_life_time");
      }
    }
    return all.dump(1);
  }

  /// Waits, since the kernel takes IPv6 addresses into use on a work queue.
  static void expect_host(const Vm& vm, const std::string& before) {
    static_cast<void>(lab::eventually([&] { return host(vm) == before; }));
    EXPECT_EQ(host(vm), before);
  }

  static bool is_of_pod(const std::string& link) { return link.starts_with("azv"); }

  /// What was put on ports of bridges: hairpin, pinned MAC addresses, rules.
  static std::string ports(const Vm& vm) {
    return lab::must_run(vm.context(),
                         {"bash", "-euc",
                          "bridge -d link | grep -o '^[0-9]*: [^:@]*\\|hairpin [a-z]*' || true; "
                          "bridge fdb show | grep static || true; nft list tables | sort"});
  }

  static int remove_network(const Vm& vm) {
    return vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"}).status;
  }

  /// Both families of the host answer: soon, since a bridge that has just got its first port sends
  /// when a work queue has seen it.
  static bool is_in_reach(const Lab& lab, const Vm& vm) {
    return lab::eventually([&] { return lab.pings_from_fabric(vm.spec().ip4); }) &&
           lab::eventually([&] { return lab.pings_from_fabric(vm.spec().ip6); });
  }

  /// A bridge of the user's, with a port of theirs, that says nothing of itself.
  static void make_br0(const Vm& vm) {
    script(vm, "ip link add br0 address " + vm.spec().mac +
                   " type bridge; echo 0 > /proc/sys/net/ipv6/conf/br0/accept_dad; "
                   "ip link set br0 up; ip link add u0 type veth peer name u1; "
                   "for port in u0 u1; do echo 1 > /proc/sys/net/ipv6/conf/$port/disable_ipv6; "
                   "ip link set $port up; done; ip link set u0 master br0");
    EXPECT_TRUE(lab::eventually([&] {
      return vm.ip({"link", "show", "br0"})[0]["operstate"] == "UP";
    }));
  }

  /// As make_br0; the NIC is a port of it, and the host's addresses and routes are on it.
  static void put_nic_into_br0(const Vm& vm) {
    make_br0(vm);
    script(vm,
           "ip address flush dev eth0 scope global; "
           "ip link set eth0 master br0; ip address add " +
               vm.spec().ip4 + "/16 dev br0; ip address add " + vm.spec().ip6 +
               "/128 dev br0 nodad; ip route add default via 10.240.0.1; "
               "ip -6 route replace default via fe80::1234:5678:9abc dev br0");
  }
};

}  // namespace azcni::test
