#include "go_node.h"

#include <array>

namespace azcni::lab {
namespace {

constexpr const char* kSubnet = "10.240.0.0";
constexpr const char* kGateway = "10.240.0.1";
constexpr const char* kMask = "//8AAA==";  ///< 255.255.0.0; Go writes bytes in base64
constexpr const char* kTransparentGateway = "169.254.1.1";
constexpr const char* kTransparentHostMac = "aa:aa:aa:aa:aa:aa";

std::string base64_of_mac(const std::string& mac) {
  std::string bytes;
  for (std::size_t at = 0; at < mac.size(); at += 3)
    bytes += static_cast<char>(std::stoi(mac.substr(at, 2), nullptr, 16));
  const std::string text = must_run({}, {"base64"}, bytes);
  return text.substr(0, text.find('\n'));
}

std::string mac_of_pod(std::size_t number) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "02:aa:00:00:00:%02zx", number);
  return text.data();
}

Json ip_net(const std::string& ip) { return {{"IP", ip}, {"Mask", kMask}}; }

}  // namespace

GoNode::GoNode(const Vm& vm, const std::string& mode, GoRelease release)
    : vm_(vm), mode_(mode), release_(release) {
  // The documentation of the Go plugins leaves it to the administrator.
  must_run(vm_.context(), {"sysctl", "-qw", "net.ipv4.ip_forward=1"});
  if (mode_ != "transparent") {
    bridge_ = "azure" + vm_.ip({"link", "show", "eth0"})[0]["ifindex"].dump();
    move_nic_to_bridge();
  }
  write_state();
}

void GoNode::move_nic_to_bridge() const {
  const VmSpec& vm = vm_.spec();
  must_run(vm_.context(), {"ip", "-batch", "-"},
           "link add " + bridge_ + " type bridge\naddress flush dev eth0\nlink set eth0 down\n" +
               "link set eth0 master " + bridge_ + "\nlink set eth0 up\nlink set " + bridge_ +
               " up\n");
  add_rule("POSTROUTING -s unicast -o eth0 -j snat --to-src " + vm.mac +
           " --snat-arp --snat-target ACCEPT");
  add_rule("PREROUTING -p ARP --arp-op Request --arp-ip-dst " + vm.ip4 +
           " -j arpreply --arpreply-mac " + vm.mac + " --arpreply-target DROP");
  add_rule(
      "PREROUTING -p ARP -i eth0 --arp-op Reply -j dnat --to-dst ff:ff:ff:ff:ff:ff "
      "--dnat-target ACCEPT");
  if (mode_ == "tunnel")
    add_rule("PREROUTING -i az+ -j dnat --to-dst " + std::string(kRouterMac) +
             " --dnat-target ACCEPT");
  must_run(vm_.context(), {"ip", "-batch", "-"},
           "link set eth0 type bridge_slave hairpin on\naddress add " + vm.ip4 + "/16 dev " +
               bridge_ + "\naddress add " + vm.ip6 + "/128 dev " + bridge_ +
               " nodad\nroute add default via " + kGateway +
               "\nroute add default via fe80::1234:5678:9abc dev " + bridge_ + "\n");
}

void GoNode::add_rule(const std::string& rule) const {
  must_run(vm_.context(), {"sh", "-c", "ebtables-nft -t nat -A " + rule});
}

/// Of the SHA-1 of what names the container: a name that our plugins give as well.
std::string GoNode::host_if_of(const Pod& pod) const {
  const std::string key =
      is_transparent() ? "default." + pod.name : "azure" + pod.container_id + "eth0";
  return "azv" + must_run({}, {"sha1sum"}, key).substr(0, 11);
}

Pod GoNode::add_pod(const std::string& name, const std::string& ip) {
  const Pod pod = vm_.make_pod(name);
  const std::string host_if = host_if_of(pod), mac = mac_of_pod(endpoints_.size() + 1);
  must_run(vm_.context(), {"ip", "-batch", "-"},
           "link add " + host_if + " type veth peer name eth0 address " + mac + " netns " + name +
               "\nlink set " + host_if + " up\n");
  if (is_transparent()) {
    std::string batch = "route add " + ip + "/32 dev " + host_if + "\n";
    if (release_ == GoRelease::k2022)
      batch += "link set " + host_if + " address " + kTransparentHostMac + "\n";
    must_run(vm_.context(), {"ip", "-batch", "-"}, batch);
    must_run(vm_.context(), {"sysctl", "-qw", "net.ipv4.conf." + host_if + ".proxy_arp=1"});
  } else {
    plug_into_bridge(host_if, ip, mac);
  }
  configure(pod, ip);

  const std::string id = pod.container_id.substr(0, 8) + "-eth0";
  endpoints_[id] = {{"Id", id},
                    {"SandboxKey", ""},
                    {"IfName", host_if + "2"},
                    {"HostIfName", host_if},
                    {"MacAddress", base64_of_mac(mac)},
                    {"IPAddresses", Json::array({ip_net(ip)})},
                    {"Gateways", Json::array({is_transparent() ? "0.0.0.0" : kGateway})},
                    {"NetworkNameSpace", "/var" + pod.netns},
                    {"ContainerID", pod.container_id},
                    {"PODName", name},
                    {"PODNameSpace", "default"}};
  leases_[ip] = release_ == GoRelease::k2022 ? pod.container_id : "";
  write_state();
  return pod;
}

void GoNode::plug_into_bridge(const std::string& host_if, const std::string& ip,
                              const std::string& mac) const {
  add_rule("PREROUTING -p ARP --arp-op Request --arp-ip-dst " + ip +
           " -j arpreply --arpreply-mac " + (mode_ == "tunnel" ? kRouterMac : mac) +
           " --arpreply-target DROP");
  add_rule("PREROUTING -p IPv4 -i eth0 --ip-dst " + ip + " -j dnat --to-dst " + mac +
           " --dnat-target ACCEPT");
  std::string batch = "link set " + host_if + " master " + bridge_ + "\nlink set " + host_if +
                      " type bridge_slave hairpin on\n";
  if (mode_ == "bridge")
    batch += "neigh add " + ip + " lladdr " + mac + " dev " + bridge_ + " nud permanent\n";
  must_run(vm_.context(), {"ip", "-batch", "-"}, batch);
}

/// What the pod itself has.
void GoNode::configure(const Pod& pod, const std::string& ip) const {
  std::string batch = "link set eth0 up\naddress add " + ip + "/16 dev eth0\n";
  std::string gateway = kGateway;
  if (is_transparent() && release_ == GoRelease::k2022) {
    gateway = kTransparentGateway;
    batch += "route del " + std::string(kSubnet) + "/16 dev eth0\nroute add " + gateway +
             "/32 dev eth0 scope link\nneigh add " + gateway + " lladdr " + kTransparentHostMac +
             " dev eth0 nud permanent\n";
  }
  must_run(vm_.context_of(pod), {"ip", "-batch", "-"},
           batch + "route add default via " + gateway + "\n");
}

Json GoNode::network_state() const {
  const Json subnet{{"Family", 2}, {"Prefix", ip_net(kSubnet)}, {"Gateway", kGateway}};
  const Json network{{"Id", "azure"},
                     {"Mode", mode_},
                     {"VlanId", 0},
                     {"Subnets", Json::array({subnet})},
                     {"Endpoints", endpoints_}};
  Json interface {
    {"Name", "eth0"}, {"Networks", {{"azure", network}}},
        {"Subnets", Json::array({kSubnet + std::string("/16")})}, {"BridgeName", bridge_},
        {"MacAddress", base64_of_mac(vm_.spec().mac)}, {"IPAddresses", nullptr},
        {"Routes", nullptr}, {"IPv4Gateway", "0.0.0.0"}, {
      "IPv6Gateway", "::"
    }
  };
  if (!is_transparent()) {
    interface["IPAddresses"] = Json::array({ip_net(vm_.spec().ip4)});
    const Json route{{"Family", 2}, {"Dst", nullptr}, {"Gw", kGateway}, {"Table", 254}};
    interface["Routes"] = Json::array({route});
    interface["IPv4Gateway"] = kGateway;
  }
  return {{"ExternalInterfaces", {{"eth0", interface}}}};
}

Json GoNode::ipam_state() const {
  Json addresses = Json::object();
  for (const std::string& ip : vm_.spec().secondary4)
    addresses[ip] = {{"ID", leases_.value(ip, "")}, {"Addr", ip}, {"InUse", leases_.contains(ip)}};
  const std::string id = kSubnet + std::string("/16");
  const Json pool{{"Id", id},
                  {"IfName", "eth0"},
                  {"Subnet", ip_net(kSubnet)},
                  {"Gateway", kGateway},
                  {"Addresses", addresses},
                  {"IsIPv6", false},
                  {"Priority", 0},
                  {"RefCount", 1}};
  return {{"AddressSpaces", {{"local", {{"Id", "local"}, {"Scope", 0}, {"Pools", {{id, pool}}}}}}}};
}

void GoNode::write_state() const {
  const auto write = [this](const std::string& file, const std::string& key, Json state) {
    state["Version"] = release_ == GoRelease::k2022 ? "v1.4.39" : "v1.1.3";
    state["TimeStamp"] = "2026-11-24T00:30:20.056174742Z";
    vm_.write(file, Json{{key, state}}.dump(1, '\t'));
  };
  write("/var/run/azure-vnet.json", "Network", network_state());
  write("/var/run/azure-vnet-ipam.json", "IPAM", ipam_state());
}

}  // namespace azcni::lab
