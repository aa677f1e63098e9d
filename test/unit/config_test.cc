// The configuration of azure-vnet, read into types.

#include "azure-vnet/config.h"

#include <gmock/gmock.h>

#include "azure-vnet/cli/fields.h"
#include "requests.h"

namespace azcni::vnet {
namespace {

using network::Mode;
using test::request_of;

std::string failure(const std::string& fields, const std::string& args = {}) {
  return test::failure_of([&] { parse_config(request_of(fields, args)); });
}

template <typename Value>
std::string joined(const std::vector<Value>& values) {
  std::string text;
  for (const Value& each : values) text += (text.empty() ? "" : " ") + to_string(each);
  return text;
}

// Catches: a default that changes what a node of the shipped configuration does.
TEST(Config, HasDefaults) {
  const Config config = parse_config(request_of("{}"));
  EXPECT_EQ(config.network.name, "azure");
  EXPECT_EQ(config.network.mode, Mode::kTunnel);
  EXPECT_EQ(config.network.master, "");
  EXPECT_EQ(config.network.bridge, network::BridgeOptions{});
  EXPECT_EQ(config.network.routing, network::HostRouting{});
  EXPECT_EQ(config.network.guard, network::Guard{});
  EXPECT_EQ(config.network.hns.adapter, "");
  EXPECT_TRUE(config.network.hns.policies.empty());
  EXPECT_TRUE(config.dns.empty());
  EXPECT_FALSE(config.dns_is_of_container);
  EXPECT_TRUE(config.endpoint.ports.empty());
  EXPECT_TRUE(config.endpoint.policies.empty());
  EXPECT_EQ(config.endpoint.to_container.bits_per_second, 0U);
  EXPECT_FALSE(config.endpoint.loopback_dsr);
}

// Catches: a field that is read into another, or not at all.
TEST(Config, IsReadFieldByField) {
  const Config config = parse_config(request_of(R"({
      "mode":"bridge","master":"eth1","bridge":"br0","logLevel":"debug","ipMasq":true,
      "vnetCidrs":["10.0.0.7/8","fd00::7/16"],"ipForward":false,"forwardAccept":true,
      "sourceGuard":false,"allowedAddresses":"10.0.0.9/32,fd00:9::/64","blockMetadata":true,
      "ipsToRouteViaHost":["169.254.20.10","fd00::a","10.96.0.10/16"],"disableHairpinOnHostInterface":true,
      "dns":{"nameservers":["2.2.2.2"],"domain":"d","search":["c"],"options":["o"]},
      "adapterName":"Ethernet","windowsSettings":{"enableLoopbackDSR":true}})"));
  EXPECT_EQ(config.network.mode, Mode::kBridge);
  EXPECT_EQ(config.network.master, "eth1");
  EXPECT_EQ(config.network.bridge.name, "br0");
  EXPECT_FALSE(config.network.bridge.hairpin);
  EXPECT_EQ(joined(config.network.bridge.via_host), "169.254.20.10/32 fd00::a/128 10.96.0.0/16");
  EXPECT_TRUE(config.network.routing.masquerade);
  EXPECT_EQ(joined(config.network.routing.vnet), "10.0.0.0/8 fd00::/16") << "masked";
  EXPECT_FALSE(config.network.routing.ip_forward);
  EXPECT_TRUE(config.network.routing.forward_accept);
  EXPECT_FALSE(config.network.guard.sources);
  EXPECT_EQ(joined(config.network.guard.allowed), "10.0.0.9/32 fd00:9::/64");
  EXPECT_FALSE(config.network.guard.metadata);
  EXPECT_EQ(config.dns.nameservers, std::vector<std::string>{"2.2.2.2"});
  EXPECT_EQ(config.dns.domain, "d");
  EXPECT_EQ(config.dns.search, std::vector<std::string>{"c"});
  EXPECT_EQ(config.dns.options, std::vector<std::string>{"o"});
  EXPECT_EQ(config.network.hns.adapter, "Ethernet");
  EXPECT_EQ(config.network.hns.dns.servers, std::vector<std::string>{"2.2.2.2"});
  EXPECT_EQ(config.network.hns.sandbox, "/run/netns/x");
  EXPECT_TRUE(config.endpoint.loopback_dsr);
}

// Catches: a name of the Go plugins that is refused, or taken for another mode.
TEST(Config, KnowsTheNamesOfModes) {
  const std::vector<std::pair<const char*, Mode>> names{
      {"", Mode::kTunnel},          {"transparent", Mode::kTransparent}, {"bridge", Mode::kBridge},
      {"l2-bridge", Mode::kBridge}, {"l2bridge", Mode::kBridge},         {"tunnel", Mode::kTunnel},
      {"l2-tunnel", Mode::kTunnel}, {"l2tunnel", Mode::kTunnel}};
  for (const auto& [name, mode] : names) {
    EXPECT_EQ(parse_config(request_of(Json{{"mode", name}}.dump())).network.mode, mode) << name;
  }
}

// Catches: a list of CIDRs with commas, as the Go plugins took it, that loses one.
TEST(Config, TakesCidrsWithCommas) {
  const std::vector<std::pair<const char*, const char*>> texts{
      {"", ""}, {"10.0.0.0/8", "10.0.0.0/8"}, {"10.0.0.0/8,fd00::/16", "10.0.0.0/8 fd00::/16"}};
  for (const auto& [text, expected] : texts) {
    const Config config = parse_config(request_of(Json{{"vnetCidrs", text}}.dump()));
    EXPECT_EQ(joined(config.network.routing.vnet), expected) << text;
  }
}

// Catches: a wrong value that passes, and an error that leaves the reader to guess the field.
TEST(Config, NamesTheFieldThatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {R"({"mode":"l3"})", R"(7 mode: expected "transparent", "bridge" or "tunnel", not "l3")"},
      {R"({"master":"sixteen-letters0"})",
       R"(7 master: expected an interface name of at most 15 bytes, not "sixteen-letters0")"},
      {R"({"master":"a b"})",
       R"(7 master: expected an interface name of at most 15 bytes, not "a b")"},
      {R"({"bridge":".."})",
       R"(7 bridge: expected an interface name of at most 15 bytes, not "..")"},
      {R"({"bridge":"a/b"})",
       R"(7 bridge: expected an interface name of at most 15 bytes, not "a/b")"},
      {R"({"logLevel":"trace"})", R"(7 logLevel: expected "info", "debug", not "trace")"},
      {R"({"vnetCidrs":"10.0.0.0"})", R"(7 vnetCidrs: expected CIDRs, not "10.0.0.0")"},
      {R"({"vnetCidrs":"10.0.0.0/8,,fd00::/16"})",
       R"(7 vnetCidrs: expected CIDRs, not "10.0.0.0/8,,fd00::/16")"},
      {R"({"vnetCidrs":["10/8"]})", R"(7 vnetCidrs: expected CIDRs, not ["10/8"])"},
      {R"({"ipsToRouteViaHost":["10.0.0.0/33"]})",
       "7 ipsToRouteViaHost: expected a list of IP addresses and CIDRs, not [\"10.0.0.0/33\"]"},
      {R"({"AdditionalArgs":[{"value":{"Type":"ACL"}}]})",
       "7 AdditionalArgs[0].name: expected the kind of policy, e.g. \"EndpointPolicy\", not "
       "nothing"},
      {R"({"AdditionalArgs":[{"name":"EndpointPolicy","value":{}}]})",
       "7 AdditionalArgs[0].value: expected a policy with its Type, not {}"},
      {R"({"runtimeConfig":{"mac":"01:00:5e:00:00:01"}})",
       "7 runtimeConfig.mac: expected the MAC address of an interface, not 01:00:5e:00:00:01"},
      {R"({"runtimeConfig":{"mac":7}})",
       "7 runtimeConfig.mac: expected the MAC address of an interface, not 7"},
      {R"({"multiTenancy":true})", "2 multiTenancy: true is not supported"},
      {R"({"multiTenancy":false,"mode":null})", ""}};
  for (const auto& [fields, expected] : cases) EXPECT_EQ(failure(fields), expected) << fields;
}

/// Fields of other readers: azure-vnet-ipam, the runtime.
bool is_of_others(const std::string& path) {
  for (const char* each : {"type", "ipam", "args", "capabilities", "statusWhenFull"}) {
    if (path == each || path.starts_with(std::string(each) + ".")) return true;
  }
  return false;
}

// Catches: a documented field whose type is not looked at, so that a wrong value has no effect.
TEST(Config, ChecksTheTypeOfEveryDocumentedField) {
  for (const FieldDefinition& field : field_definitions()) {
    const std::string path(field.path);
    if (is_of_others(path)) continue;
    const std::size_t dot = path.find('.');
    Json fields{{path.substr(dot + 1), -1}};
    if (dot != std::string::npos) fields = {{path.substr(0, dot), fields}};
    EXPECT_EQ(failure(fields.dump()).rfind("7 " + path + ": expected", 0), 0U)
        << path << ": " << failure(fields.dump());
  }
}

// Catches: a MAC address of the runtime that loses against CNI_ARGS, and one that no link may have.
TEST(RequestedMac, IsTheRuntimesElseThatOfCniArgs) {
  struct Case {
    const char* fields;
    const char* args;
    const char* expected;  ///< empty: none
  };
  for (const Case& each : {
           Case{"{}", "", ""},
           Case{"{}", "MAC=02:00:00:00:00:07", "02:00:00:00:00:07"},
           Case{R"({"runtimeConfig":{"mac":"02-00-00-00-00-08"}})", "MAC=02:00:00:00:00:07",
                "02:00:00:00:00:08"},
           Case{R"({"runtimeConfig":{}})", "MAC=02:00:00:00:00:07", "02:00:00:00:00:07"},
           Case{R"({"runtimeConfig":7})", "MAC=02:00:00:00:00:07", "02:00:00:00:00:07"},
           Case{R"({"runtimeConfig":{"mac":"00:00:00:00:00:00"}})", "", ""},
           Case{R"({"runtimeConfig":{"mac":"03:00:00:00:00:07"}})", "", ""},
           Case{R"({"runtimeConfig":{"mac":"eth0"}})", "MAC=02:00:00:00:00:07", ""},
           Case{R"({"runtimeConfig":{"mac":7}})", "", ""},
       }) {
    const auto mac = requested_mac(request_of(each.fields, each.args));
    EXPECT_EQ(mac ? to_string(*mac) : "", each.expected) << each.fields << each.args;
  }
}

// Catches: the runtime's dns for one container on the network of all, or the other way round.
TEST(Config, TellsTheDnsOfAContainerFromThatOfAll) {
  const Config config = parse_config(request_of(
      R"({"dns":{"nameservers":["2.2.2.2"]},"runtimeConfig":{"dns":{"servers":["1.1.1.1"]}}})"));
  EXPECT_TRUE(config.dns_is_of_container);
  EXPECT_EQ(config.dns.nameservers, std::vector<std::string>{"1.1.1.1"});
  EXPECT_TRUE(config.network.hns.dns.servers.empty());
}

// Catches: a port that leads elsewhere, or is taken for one of another protocol.
TEST(PortMappings, AreRead) {
  const Config config = parse_config(request_of(R"({"runtimeConfig":{"portMappings":[
      {"hostPort":8080,"containerPort":80},
      {"hostPort":65535,"containerPort":1,"protocol":"SCTP","hostIP":"fd00::1"}]}})"));
  ASSERT_EQ(config.endpoint.ports.size(), 2U);
  const auto described = [&](std::size_t i) {
    const network::PortMapping& port = config.endpoint.ports[i];
    return std::to_string(port.host_port) + " " + std::to_string(port.container_port) + " " +
           port.protocol + " " + port.host_ip;
  };
  EXPECT_EQ(described(0), "8080 80 tcp ");
  EXPECT_EQ(described(1), "65535 1 sctp fd00::1");
}

// Catches: a list that contradicts itself, and one that only says a thing twice taken for such.
TEST(PortMappings, OfOneListAgree) {
  const auto parse = [](const std::string& first, const std::string& second) {
    const std::string mappings = first + "," + second;
    parse_config(request_of(R"({"runtimeConfig":{"portMappings":[)" + mappings + "]}}"));
  };
  const std::string any = R"({"hostPort":80,"containerPort":1})";
  const std::string any_elsewhere = R"({"hostPort":80,"containerPort":2})";
  const std::string one = R"({"hostPort":80,"containerPort":2,"hostIP":"10.0.0.4"})";
  const std::string all4 = R"({"hostPort":80,"containerPort":1,"hostIP":"0.0.0.0"})";
  const std::string all6 = R"({"hostPort":80,"containerPort":2,"hostIP":"::"})";
  const std::string another = R"({"hostPort":80,"containerPort":1,"hostIP":"10.0.0.5"})";
  const std::string udp = R"({"hostPort":80,"containerPort":2,"protocol":"udp"})";
  for (const auto& [first, second] :
       {std::pair(any, any), std::pair(all4, all6), std::pair(any, udp), std::pair(one, another)})
    EXPECT_NO_THROW(parse(first, second)) << first << second;
  for (const auto& [first, second] : {std::pair(any, any_elsewhere), std::pair(any, one),
                                      std::pair(one, all4), std::pair(all6, any)}) {
    EXPECT_THAT(test::failure_of([&, from = first, to = second] { parse(from, to); }),
                testing::HasSubstr("portMappings[1].hostPort"));
  }
}

// Catches: a pod that can't start for a port that it does not ask for: kubelets of old wrote 0.
TEST(PortMappings, WithoutAPortOfTheHostAreLeftOut) {
  const Config config = parse_config(request_of(R"({"runtimeConfig":{"portMappings":[
      {"hostPort":0,"containerPort":80},{"hostPort":8080,"containerPort":81}]}})"));
  ASSERT_EQ(config.endpoint.ports.size(), 1U);
  EXPECT_EQ(config.endpoint.ports[0].container_port, 81);
}

// Catches: a mapping that is refused by the kernel, or leads nowhere, long after the check.
TEST(PortMappings, NameWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {R"({"containerPort":80})", "hostPort: expected a port number, not nothing"},
      {R"({"hostPort":80,"containerPort":65536})",
       "containerPort: expected a port number, not 65536"},
      {R"({"hostPort":80,"containerPort":80,"protocol":"icmp"})",
       R"(protocol: expected "tcp", "udp" or "sctp", not "icmp")"},
      {R"({"hostPort":80,"containerPort":80,"hostIP":"localhost"})",
       R"(hostIP: expected an IP address, not "localhost")"}};
  for (const auto& [mapping, expected] : cases) {
    const std::string fields =
        std::string(R"({"runtimeConfig":{"portMappings":[)") + mapping + "]}}";
    EXPECT_EQ(failure(fields), "7 runtimeConfig.portMappings[0]." + std::string(expected));
  }
}

// Catches: the two directions exchanged: ingress is the container's.
TEST(Bandwidth, IsOfTheContainersView) {
  const auto endpoint = parse_config(request_of(R"({"runtimeConfig":{"bandwidth":{"ingressRate":8,
      "ingressBurst":2,"egressRate":9,"egressBurst":18446744073709551615}}})"))
                            .endpoint;
  EXPECT_EQ(endpoint.to_container.bits_per_second, 8U);
  EXPECT_EQ(endpoint.to_container.burst_bits, 2U);
  EXPECT_EQ(endpoint.from_container.bits_per_second, 9U);
  EXPECT_EQ(endpoint.from_container.burst_bits, 18446744073709551615U);
  EXPECT_EQ(failure(R"({"runtimeConfig":{"bandwidth":{"egressRate":-1}}})"),
            "7 runtimeConfig.bandwidth.egressRate: expected a whole number, 0 or more, not -1");
}

// Catches: a link that IPv6 does not work on, and a next hop that is asked for and not used.
TEST(MtuAndRoutes, AreCheckedBeforeAnythingIsTouched) {
  EXPECT_EQ(parse_config(request_of("{}")).endpoint.mtu, 0U);
  EXPECT_EQ(parse_config(request_of(R"({"mtu":1400})")).endpoint.mtu, 1400U);
  for (const char* mtu : {"1279", "65536"}) {
    EXPECT_EQ(failure(R"({"mtu":)" + std::string(mtu) + "}"),
              "7 mtu: expected a number of bytes from 1280 to 65535, not " + std::string(mtu));
  }
  EXPECT_EQ(failure(R"({"routes":[{"dst":"10.0.0.0"}]})"),
            R"(7 routes[0].dst: expected an address with its prefix length, not "10.0.0.0")");
  EXPECT_EQ(failure(R"({"routes":[{"dst":"10.0.0.0/8","gw":"10.0.0.1"}]})"),
            "7 routes[0].gw: expected no gateway: what a container sends goes to one next hop, not "
            "\"10.0.0.1\"");
}

// Catches: policies of endpoints made for networks, and another order than the file's.
TEST(Policies, GoWhereTheirKindSays) {
  const Config config = parse_config(request_of(R"({"AdditionalArgs":[
      {"name":"EndpointPolicy","value":{"Type":"ACL","n":1}},
      {"name":"NetworkPolicy","value":{"type":"OutBoundNAT"}},
      {"name":"Other"},
      {"name":"EndpointPolicy","value":{"Type":"ACL","n":2}}]})"));
  EXPECT_EQ(Json(config.endpoint.policies),
            Json::parse(R"([{"Type":"ACL","n":1},{"Type":"ACL","n":2}])"));
  EXPECT_EQ(Json(config.network.hns.policies), Json::parse(R"([{"type":"OutBoundNAT"}])"));
}

// Catches: a DEL that fails for a field that only ADD needs.
TEST(BackendOptions, AreReadWhateverElseIsWrong) {
  const std::vector<std::pair<const char*, int>> cases{
      {"{}", 0},
      {R"({"mode":7,"windowsSettings":{"hnsTimeoutDurationInSeconds":30}})", 30},
      {R"({"windowsSettings":{"hnsTimeoutDurationInSeconds":"30"}})", 0},
      {R"({"windowsSettings":{"hnsTimeoutDurationInSeconds":-1}})", 0},
      {R"({"windowsSettings":{}})", 0},
      {R"({"windowsSettings":7})", 0}};
  for (const auto& [fields, seconds] : cases) {
    EXPECT_EQ(parse_backend_options(request_of(fields)).limit, std::chrono::seconds(seconds))
        << fields;
  }
}

}  // namespace
}  // namespace azcni::vnet
