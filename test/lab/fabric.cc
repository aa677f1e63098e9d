#include <fcntl.h>
#include <unistd.h>

#include "advertisement.h"
#include "lab.h"

namespace azcni::lab {
namespace {

constexpr const char* kRouterLinkLocal = "fe80::1234:5678:9abc";

std::string number(int value) { return std::to_string(value); }

/// The kernel routes, as Azure's virtual switch does: every address is a host route to a NIC's
/// port.
constexpr const char* kRouter =
    "link set lo up\n"
    "address add 10.240.0.1/32 dev lo\n"
    "address add 10.241.0.1/32 dev lo\n"
    "address add 10.242.0.1/32 dev lo\n"
    "address add 168.63.129.16/32 dev lo\n"
    "address add 169.254.169.254/32 dev lo\n"
    "address add 203.0.113.9/32 dev lo\n"
    "address add 2001:db8::9/128 dev lo\n"
    "address add fd00:240::1/128 dev lo\n"
    "link add internet type veth peer name internet1\n"
    "link set internet up\n"
    "link set internet1 up\n"
    "route add default dev internet\n";

void write_sysctls(const ExecContext& context, const std::string& interface) {
  run_there(context, "set sysctls of the fabric", [&] {
    const auto set = [](const std::string& name, const char* value) {
      const UniqueFd fd(::open(("/proc/sys/net/" + name).c_str(), O_WRONLY | O_CLOEXEC));
      return fd && ::write(fd.get(), value, 1) == 1;
    };
    const std::string four = "ipv4/conf/" + interface + "/", six = "ipv6/conf/" + interface + "/";
    bool fine = set(four + "forwarding", "1") && set(four + "rp_filter", "0") &&
                set(four + "send_redirects", "0") && set(four + "proxy_arp", "1") &&
                set(four + "proxy_arp_pvlan", "1") && set(six + "forwarding", "1");
    if (interface != "all") fine = fine && set("ipv4/neigh/" + interface + "/proxy_delay", "0");
    return fine && (interface == "all" || set(six + "addr_gen_mode", "1"));
  });
}

std::string joined(const std::string& first, const std::vector<std::string>& others) {
  std::string text = first;
  for (const std::string& each : others) text += ", " + each;
  return text;
}

/// What the switch lets pass from a NIC.
std::string filter_rules(const std::string& port, const Nic& nic) {
  const std::string all4 = joined(nic.ip4, nic.secondary4), all6 = joined(nic.ip6, nic.secondary6);
  std::string rules = "table netdev fabric {\n counter spoofed {}\n counter foreign {}\n";
  rules += " chain " + port + " {\n  type filter hook ingress device \"" + port +
           "\" priority 0; policy accept;\n";
  rules += "  ether saddr != " + nic.mac + " counter name spoofed drop\n";
  rules += "  arp saddr ether != " + nic.mac + " counter name spoofed drop\n";
  // Whoever has no address yet asks for one: DHCP, duplicate address detection.
  rules += "  ip saddr != { 0.0.0.0, " + all4 + " } counter name foreign drop\n";
  rules += "  arp saddr ip != { 0.0.0.0, " + all4 + " } counter name foreign drop\n";
  rules += "  ip6 saddr != { ::, fe80::/10, " + all6 + " } counter name foreign drop\n";
  rules += "  arp operation request arp daddr ip " + nic.ip4 + " drop\n";
  rules += "  ip daddr { 169.254.169.254, 203.0.113.9 } ip saddr != " + nic.ip4 + " drop\n";
  rules += "  ip6 daddr 2001:db8::9 ip6 saddr != " + nic.ip6 + " drop\n";
  rules += "  ip daddr 10.240.0.0/14 update @packets4 { ip daddr counter }\n";
  return rules + " }\n}\n";
}

void append_addresses(std::string& batch, const std::string& port, const Nic& nic) {
  std::vector<std::string> all4 = nic.secondary4, all6 = nic.secondary6;
  all4.push_back(nic.ip4);
  all6.push_back(nic.ip6);
  for (const std::string& address : all4) {
    batch += "route add " + address + "/32 dev " + port + "\n";
    batch += "neigh add " + address + " lladdr " + nic.mac + " dev " + port + " nud permanent\n";
  }
  for (const std::string& address : all6) {
    batch += "route add " + address + "/128 dev " + port + "\n";
    batch += "neigh add " + address + " lladdr " + nic.mac + " dev " + port + " nud permanent\n";
  }
}

}  // namespace

Fabric::Fabric() : namespaces_([] { return true; }) {
  must_run(context(), {"ip", "-batch", "-"}, kRouter);
  write_sysctls(context(), "all");
  must_run(context(), {"nft", "-f", "-"},
           // Azure's router never tells a VM that its neighbour is on its own link.
           "table ip6 fabric {\n chain output {\n  type filter hook output priority 0;\n"
           "  icmpv6 type nd-redirect drop\n }\n}\n"
           "table netdev fabric {\n set packets4 {\n  type ipv4_addr\n  flags dynamic\n  size "
           "65535\n }\n}\n");
}

std::string Fabric::new_port(const Nic& nic) {
  return ports_[nic.mac] = "port" + number(ports_made_++);
}

void Fabric::connect(const Nic& nic, int vm_net, unsigned mtu) {
  const std::string port = new_port(nic), under = "under" + port;
  // The VM's NIC is a macvlan in passthru mode, since the plugins refuse a veth as NIC.
  const std::string vm_path = "/proc/" + number(::getpid()) + "/fd/" + number(vm_net);
  must_run(context(), {"ip", "-batch", "-"},
           "link add " + port + " address " + kRouterMac + " mtu " + std::to_string(mtu) +
               " type veth peer name " + under + " address " + nic.mac + " mtu " +
               std::to_string(mtu) + "\n" + "link add link " + under + " name eth" + port +
               " address " + nic.mac + " type macvlan mode passthru\n" + "link set eth" + port +
               " netns " + vm_path + " name " + nic.interface + "\n" + "link set " + under +
               " up\n");
  raise_port(port, nic);
}

std::string Fabric::connect_machine(const Nic& nic) {
  std::string port = new_port(nic);
  must_run(context(), {"ip", "tuntap", "add", port, "mode", "tap"});
  must_run(context(), {"ip", "link", "set", port, "address", kRouterMac});
  raise_port(port, nic);
  return port;
}

void Fabric::raise_port(const std::string& port, const Nic& nic) const {
  write_sysctls(context(), port);
  std::string batch = "link set " + port + " up\n";
  batch += "address add " + std::string(kRouterLinkLocal) + "/64 dev " + port + " nodad\n";
  append_addresses(batch, port, nic);
  must_run(context(), {"ip", "-batch", "-"}, batch);
  must_run(context(), {"nft", "-f", "-"}, filter_rules(port, nic));
}

void Fabric::disconnect(const Nic& nic) {
  must_run(context(), {"ip", "link", "del", ports_.at(nic.mac)});
  ports_.erase(nic.mac);
}

void Fabric::advertise_router_to(const Nic& nic) const {
  advertise_router(context(), ports_.at(nic.mac));
}

int Fabric::counted(const std::string& counter) const {
  const Json document = Json::parse(
      must_run(context(), {"nft", "-j", "list", "counter", "netdev", "fabric", counter}));
  int packets = 0;
  for (const Json& object : document["nftables"]) {
    if (object.contains("counter")) packets += object["counter"]["packets"].get<int>();
  }
  return packets;
}

int Fabric::spoofed_frames() const { return counted("spoofed"); }

int Fabric::foreign_packets() const { return counted("foreign"); }

void Fabric::forget_spoofed_frames() const { must_run(context(), {"nft", "reset", "counters"}); }

int Fabric::packets_to(const std::string& address) const {
  const Json document = Json::parse(
      must_run(context(), {"nft", "-j", "list", "set", "netdev", "fabric", "packets4"}));
  for (const Json& object : document["nftables"]) {
    if (!object.contains("set") || !object["set"].contains("elem")) continue;
    for (const Json& element : object["set"]["elem"]) {
      if (element["elem"]["val"] == address)
        return element["elem"]["counter"]["packets"].get<int>();
    }
  }
  return 0;
}

}  // namespace azcni::lab
