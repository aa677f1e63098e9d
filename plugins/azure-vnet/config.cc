#include "config.h"

#include <algorithm>

#include "azcni/net/interfaces.h"
#include "azcni/net/json.h"

namespace azcni::vnet {
namespace {

using network::Mode;

/// The documentation of the Go plugins and their code never agreed on the names: both are taken.
Mode parse_mode(const Fields& fields) {
  const std::string mode = fields.text("mode");
  if (mode == "transparent") return Mode::kTransparent;
  if (mode == "bridge" || mode == "l2-bridge" || mode == "l2bridge") return Mode::kBridge;
  if (mode.empty() || mode == "tunnel" || mode == "l2-tunnel" || mode == "l2tunnel")
    return Mode::kTunnel;
  throw fields.expected("mode", "\"transparent\", \"bridge\" or \"tunnel\"");
}

std::string parse_interface_name(const Fields& fields, const char* key) {
  const std::string name = fields.text(key);
  if (!name.empty() && !net::is_interface_name(name))
    throw fields.expected(key, "an interface name of at most 15 bytes");
  return name;
}

void require_one_of(const Fields& fields, const char* key, const std::vector<std::string>& values) {
  const std::string value = fields.text(key);
  if (value.empty() || std::find(values.begin(), values.end(), value) != values.end()) return;
  std::string list;
  for (const std::string& each : values) list += (list.empty() ? "\"" : ", \"") + each + "\"";
  throw fields.expected(key, list);
}

std::vector<net::Prefix> parse_networks(const Fields& fields, const char* key) {
  std::vector<net::Prefix> networks;
  for (const std::string& text : fields.texts(key)) {
    const auto network = net::parse_network(text);
    if (!network) throw fields.expected(key, "a list of IP addresses and CIDRs");
    networks.push_back(*network);
  }
  return networks;
}

std::uint16_t parse_port(const Fields& mapping, const char* key) {
  const auto port = mapping.number(key);
  if (!port || *port == 0 || *port > 65535) throw mapping.expected(key, "a port number");
  return static_cast<std::uint16_t>(*port);
}

bool overlap(const network::PortMapping& a, const network::PortMapping& b) {
  if (a.protocol != b.protocol || a.host_port != b.host_port) return false;
  const auto one = net::parse_ip(a.host_ip), other = net::parse_ip(b.host_ip);
  if (!one || !other) return true;
  return one->family() == other->family() &&
         (one == other || one->is_unspecified() || other->is_unspecified());
}

/// A port of the host leads to one port of the container.
void require_no_other(const std::vector<network::PortMapping>& before,
                      const network::PortMapping& mapping, const Fields& fields) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].container_port == mapping.container_port || !overlap(before[i], mapping))
      continue;
    throw fields.expected("hostPort", "a port that portMappings[" + std::to_string(i) +
                                          "] does not lead to another containerPort");
  }
}

std::vector<network::PortMapping> parse_port_mappings(const Fields& runtime) {
  std::vector<network::PortMapping> mappings;
  for (const Fields& mapping : runtime.objects("portMappings")) {
    std::string protocol = mapping.text("protocol");
    std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    if (protocol.empty()) protocol = "tcp";
    if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
      throw mapping.expected("protocol", "\"tcp\", \"udp\" or \"sctp\"");
    }
    const std::string host_ip = mapping.text("hostIP");
    if (!host_ip.empty() && !net::parse_ip(host_ip))
      throw mapping.expected("hostIP", "an IP address");
    if (mapping.number("hostPort") == 0U) continue;  // asks for none
    const network::PortMapping parsed{parse_port(mapping, "hostPort"),
                                      parse_port(mapping, "containerPort"), protocol, host_ip};
    require_no_other(mappings, parsed, mapping);
    mappings.push_back(parsed);
  }
  return mappings;
}

/// Bits per second. The kernel counts bytes: less than one of them would be no limit at all.
std::uint64_t parse_rate(const Fields& bandwidth, const char* key) {
  const std::uint64_t rate = bandwidth.large_number(key).value_or(0);
  if (rate > 0 && rate < 8) throw bandwidth.expected(key, "bits per second, 8 or more, or 0");
  return rate;
}

/// Of the container's view: ingress is what it gets. Bits, and bits per second.
void parse_bandwidth(const Fields& runtime, network::EndpointOptions& endpoint) {
  const auto bandwidth = runtime.object("bandwidth");
  if (!bandwidth) return;
  const auto number = [&](const char* key) { return bandwidth->large_number(key).value_or(0); };
  endpoint.to_container = {parse_rate(*bandwidth, "ingressRate"), number("ingressBurst")};
  endpoint.from_container = {parse_rate(*bandwidth, "egressRate"), number("egressBurst")};
}

/// A MAC address as somebody wrote it, and where; empty: nowhere.
struct RequestedMac {
  std::string text;
  const char* place;
};

RequestedMac requested_mac_text(const cni::Request& request) {
  const Json* runtime = request.config.fields().find("runtimeConfig");
  const Json* mac =
      runtime != nullptr && runtime->is_object() ? Fields(*runtime, "").find("mac") : nullptr;
  if (mac == nullptr) return {request.arg("MAC"), "MAC of CNI_ARGS"};
  return {mac->is_string() ? mac->get<std::string>() : mac->dump(), "runtimeConfig.mac"};
}

/// What the runtime says of DNS for this container wins over the configuration of all of them.
void parse_dns(const Fields& fields, Config& config) {
  const auto runtime = fields.object("runtimeConfig");
  const auto of_runtime = runtime ? runtime->object("dns") : std::nullopt;
  if (of_runtime) {
    config.dns = {of_runtime->texts("servers"), "", of_runtime->texts("searches"),
                  of_runtime->texts("options")};
    config.dns_is_of_container = !config.dns.nameservers.empty() || !config.dns.search.empty();
    return;
  }
  if (const auto of_network = fields.object("dns")) config.dns = cni::parse_dns(*of_network);
}

/// 0 if there is none.
unsigned parse_mtu(const Fields& fields) {
  constexpr std::uint32_t kLeast = 1280, kMost = 65535;  // the least that IPv6 works with
  const auto mtu = fields.number("mtu");
  if (mtu && (*mtu < kLeast || *mtu > kMost))
    throw fields.expected("mtu", "a number of bytes from 1280 to 65535");
  return mtu.value_or(0);
}

std::vector<cni::Route> parse_routes(const Fields& fields) {
  for (const Fields& route : fields.objects("routes")) {
    if (route.has("gw"))
      throw route.expected("gw", "no gateway: what a container sends goes to one next hop");
  }
  return cni::parse_routes(fields);
}

/// Fields that have an effect on Windows only, or none any more: their types are checked, so that a
/// file that is wrong for one system is not found right on the other.
void check_other_fields(const Fields& fields) {
  require_one_of(fields, "logLevel", {"info", "debug"});
  for (const char* key : {"logTarget", "adapterName", "infraVnetAddressSpace", "ipv6Mode",
                          "serviceCidrs", "cnsurl", "executionMode", "env"}) {
    fields.text(key);
  }
  for (const char* key : {"multiTenancy", "enableSnatOnHost", "enableExactMatchForPodName",
                          "disableIPTableLock", "disableAsyncDelete"}) {
    fields.flag(key);
  }
  fields.texts("podNamespaceForDualNetwork");
  if (const auto windows = fields.object("windowsSettings")) {
    windows->flag("enableLoopbackDSR");
    windows->number("hnsTimeoutDurationInSeconds");
  }
}

/// The values of AdditionalArgs of that name, in their order.
std::vector<Json> parse_policies(const Fields& fields, const std::string& kind) {
  std::vector<Json> policies;
  for (const Fields& policy : fields.objects("AdditionalArgs")) {
    const std::string name = policy.text("name");
    if (name.empty()) throw policy.expected("name", "the kind of policy, e.g. \"EndpointPolicy\"");
    if (name != kind) continue;
    const auto value = policy.object("value");
    if (!value || value->text("type").empty())
      throw policy.expected("value", "a policy with its Type");
    policies.push_back(*policy.find("value"));
  }
  return policies;
}

/// Modes of a service that we are not a part of: to ignore the wish would attach pods wrongly.
void refuse_multitenancy(const Fields& fields) {
  if (!fields.flag("multiTenancy")) return;
  throw Error(ErrorCode::kUnsupportedField, "multiTenancy: true is not supported",
              "network containers need the CNS service of a managed cluster");
}

/// All but what depends on the container.
network::NetworkSpec parse_network(const cni::Request& request, const Fields& fields) {
  network::NetworkSpec network{.name = request.config.name,
                               .mode = parse_mode(fields),
                               .master = parse_interface_name(fields, "master")};
  network.bridge = {parse_interface_name(fields, "bridge"),
                    !fields.flag("disableHairpinOnHostInterface"),
                    parse_networks(fields, "ipsToRouteViaHost")};
  network.routing.vnet = net::parse_cidrs(fields, "vnetCidrs");
  network.routing.masquerade = fields.flag("ipMasq");
  network.routing.ip_forward = !fields.has("ipForward") || fields.flag("ipForward");
  network.routing.forward_accept = fields.flag("forwardAccept");
  network.guard = {!fields.has("sourceGuard") || fields.flag("sourceGuard"),
                   net::parse_cidrs(fields, "allowedAddresses"), !fields.flag("blockMetadata")};
  network.hns.adapter = fields.text("adapterName");
  network.hns.policies = parse_policies(fields, "NetworkPolicy");
  network.hns.sandbox = request.netns;
  return network;
}

}  // namespace

Config parse_config(const cni::Request& request) {
  const Fields fields = request.config.fields();
  check_other_fields(fields);
  refuse_multitenancy(fields);

  Config config;
  config.network = parse_network(request, fields);
  if (const RequestedMac mac = requested_mac_text(request);
      !mac.text.empty() && !requested_mac(request)) {
    throw Error(
        ErrorCode::kInvalidConfig,
        std::string(mac.place) + ": expected the MAC address of an interface, not " + mac.text);
  }
  parse_dns(fields, config);
  if (const auto runtime = fields.object("runtimeConfig")) {
    config.endpoint.ports = parse_port_mappings(*runtime);
    parse_bandwidth(*runtime, config.endpoint);
  }
  if (!config.dns_is_of_container) config.network.hns.dns.servers = config.dns.nameservers;
  config.routes = parse_routes(fields);
  config.endpoint.mtu = parse_mtu(fields);
  config.endpoint.policies = parse_policies(fields, "EndpointPolicy");
  if (const auto windows = fields.object("windowsSettings"))
    config.endpoint.loopback_dsr = windows->flag("enableLoopbackDSR");
  return config;
}

std::optional<net::MacAddress> requested_mac(const cni::Request& request) {
  const auto mac = net::parse_mac(requested_mac_text(request).text);
  const bool is_of_group = mac && (mac->bytes[0] & 1) != 0;
  return is_of_group || mac == net::MacAddress{} ? std::nullopt : mac;
}

network::BackendOptions parse_backend_options(const cni::Request& request) {
  const Json* windows = request.config.fields().find("windowsSettings");
  if (windows == nullptr || !windows->is_object()) return {};
  const Json* seconds = Fields(*windows, "").find("hnsTimeoutDurationInSeconds");
  if (seconds == nullptr || !seconds->is_number_unsigned()) return {};
  return {std::chrono::seconds(seconds->get<std::uint32_t>())};
}

}  // namespace azcni::vnet
