// What HNS makes networks and endpoints of.

#include "documents.h"

#include <gtest/gtest.h>

namespace azcni::network::documents {
namespace {

NetworkSpec network_spec(Mode mode) {
  NetworkSpec spec;
  spec.name = "azure";
  spec.mode = mode;
  spec.master = "Ethernet";
  spec.subnets = {{*net::parse_prefix("10.240.0.0/16"), std::nullopt},
                  {*net::parse_prefix("fd00::/64"), net::parse_ip("fd00::9")}};
  spec.hns.dns = {{"168.63.129.16", "1.1.1.1"}, {"a.example", "b.example"}, {"ndots:5"}};
  return spec;
}

EndpointSpec endpoint_spec() {
  EndpointSpec endpoint;
  endpoint.host_if = "01234567-eth0";
  return endpoint;
}

Addressing addressing_with(const std::vector<const char*>& addresses) {
  Addressing addressing;
  for (const char* each : addresses) addressing.addresses.push_back(*net::parse_prefix(each));
  return addressing;
}

// Catches: a network of another kind, without its subnets' gateways or its servers.
TEST(HnsNetwork, IsMadeOfItsSpec) {
  Json expected = Json::parse(R"({"Name":"azure","Type":"l2bridge","NetworkAdapterName":"Ethernet",
      "Subnets":[{"AddressPrefix":"10.240.0.0/16","GatewayAddress":"10.240.0.1"},
                 {"AddressPrefix":"fd00::/64","GatewayAddress":"fd00::9"}],
      "DNSSuffix":"a.example,b.example","DNSServerList":"168.63.129.16,1.1.1.1"})");
  EXPECT_EQ(network_v1(network_spec(Mode::kBridge)), expected);
  expected["Type"] = "l2tunnel";
  EXPECT_EQ(network_v1(network_spec(Mode::kTunnel)), expected);
}

TEST(HcnNetwork, IsMadeOfItsSpec) {
  Json expected = Json::parse(R"({"Name":"azure","Type":"L2Bridge","Flags":8,
      "Ipams":[{"Type":"Static","Subnets":[
        {"IpAddressPrefix":"10.240.0.0/16",
         "Routes":[{"NextHop":"10.240.0.1","DestinationPrefix":"0.0.0.0/0"}]},
        {"IpAddressPrefix":"fd00::/64",
         "Routes":[{"NextHop":"fd00::9","DestinationPrefix":"::/0"}]}]}],
      "Policies":[{"Type":"NetAdapterName","Settings":{"NetworkAdapterName":"Ethernet"}}],
      "Dns":{"Search":["a.example","b.example"],"ServerList":["168.63.129.16","1.1.1.1"],
             "Options":["ndots:5"]},
      "SchemaVersion":{"Major":2,"Minor":0}})");
  EXPECT_EQ(network_v2(network_spec(Mode::kBridge)), expected);
  expected["Type"] = "L2Tunnel";
  EXPECT_EQ(network_v2(network_spec(Mode::kTunnel)), expected);
}

// Catches: a switch that is looked for on the port of another switch.
TEST(HnsNetwork, IsOnTheAdapterItself) {
  NetworkSpec spec = network_spec(Mode::kBridge);
  spec.hns.adapter = "Ethernet 2";
  EXPECT_EQ(network_v1(spec).at("NetworkAdapterName"), "Ethernet 2");
  EXPECT_EQ(network_v2(spec).at("Policies").at(0).at("Settings").at("NetworkAdapterName"),
            "Ethernet 2");
  spec.hns.adapter = "";
  spec.master = "vEthernet (Ethernet)";
  EXPECT_FALSE(network_v1(spec).contains("NetworkAdapterName"));
  EXPECT_FALSE(network_v2(spec).contains("Policies"));
}

// Catches: empty members, which HNS takes for settings.
TEST(HnsNetwork, HasNothingThatIsNotConfigured) {
  NetworkSpec spec = network_spec(Mode::kBridge);
  spec.hns = {};
  spec.subnets = {};
  EXPECT_EQ(network_v1(spec),
            Json::parse(R"({"Name":"azure","Type":"l2bridge","NetworkAdapterName":"Ethernet",
                            "Subnets":[]})"));
  EXPECT_FALSE(network_v2(spec).contains("Dns"));
}

// Catches: a VLAN given to the network, where HNS ignores it, and policies in another order.
TEST(HnsNetwork, HasTheConfiguredPolicies) {
  NetworkSpec spec = network_spec(Mode::kBridge);
  spec.hns.policies = {Json::parse(R"({"type":"VLAN","VLAN":7})"),
                       Json::parse(R"({"Type":"OutBoundNAT","Settings":{"x":1}})")};
  EXPECT_EQ(network_v1(spec).at("Policies"),
            Json::parse(R"([{"Type":"VLAN","VLAN":7},{"Type":"OutBoundNAT","x":1}])"));
  const Json hcn = network_v2(spec);
  EXPECT_EQ(hcn.at("Policies"), Json::parse(R"([
      {"Type":"NetAdapterName","Settings":{"NetworkAdapterName":"Ethernet"}},
      {"Type":"OutBoundNAT","Settings":{"x":1}}])"));
  for (const Json& subnet : hcn.at("Ipams").at(0).at("Subnets")) {
    EXPECT_EQ(subnet.at("Policies"),
              Json::parse(R"([{"Type":"VLAN","Settings":{"IsolationId":7}}])"));
  }
}

// Catches: an address of one family written where HNS reads that of the other.
TEST(HnsEndpoint, HasItsAddresses) {
  Addressing addressing = addressing_with({"10.240.1.5/16", "fd00::5/64"});
  addressing.dns.servers = {"1.1.1.1"};
  EXPECT_EQ(endpoint_v1("net-id", endpoint_spec(), addressing, {}),
            Json::parse(R"({"Name":"01234567-eth0","VirtualNetwork":"net-id",
                "IPAddress":"10.240.1.5","PrefixLength":16,"IPv6Address":"fd00::5",
                "IPv6PrefixLength":64,"GatewayAddressV6":"fd00::1","DNSServerList":"1.1.1.1"})"));
  EXPECT_EQ(endpoint_v1("net-id", endpoint_spec(), addressing_with({"10.240.1.5/16"}), {}),
            Json::parse(R"({"Name":"01234567-eth0","VirtualNetwork":"net-id",
                "IPAddress":"10.240.1.5","PrefixLength":16})"));
}

TEST(HcnEndpoint, HasItsAddresses) {
  Addressing addressing = addressing_with({"10.240.1.5/16", "fd00::5/64"});
  addressing.gateways = {*net::parse_ip("fd00::9")};
  addressing.dns = {{"1.1.1.1"}, {"a.example"}, {}};
  EXPECT_EQ(endpoint_v2("net-id", endpoint_spec(), addressing, {}),
            Json::parse(R"({"Name":"01234567-eth0","HostComputeNetwork":"net-id",
                "IpConfigurations":[{"IpAddress":"10.240.1.5","PrefixLength":16},
                                    {"IpAddress":"fd00::5","PrefixLength":64}],
                "Routes":[{"NextHop":"10.240.0.1","DestinationPrefix":"0.0.0.0/0"},
                          {"NextHop":"fd00::9","DestinationPrefix":"::/0"}],
                "Dns":{"Search":["a.example"],"ServerList":["1.1.1.1"]},
                "SchemaVersion":{"Major":2,"Minor":0}})"));
}

// Catches: a default route beside IPAM's routes, which leave it out on purpose.
TEST(HcnEndpoint, HasIpamsRoutesOfAFamily) {
  Addressing addressing = addressing_with({"10.240.1.5/16", "fd00::5/64"});
  addressing.routes = {{*net::parse_prefix("10.1.0.0/16")}, {*net::parse_prefix("10.2.0.0/16")}};
  EXPECT_EQ(endpoint_v2("net-id", endpoint_spec(), addressing, {}).at("Routes"),
            Json::parse(R"([{"NextHop":"10.240.0.1","DestinationPrefix":"10.1.0.0/16"},
                            {"NextHop":"10.240.0.1","DestinationPrefix":"10.2.0.0/16"},
                            {"NextHop":"fd00::1","DestinationPrefix":"::/0"}])"));
}

TEST(HnsEndpoint, HasPoliciesAndPorts) {
  const Addressing addressing = addressing_with({"10.240.1.5/16"});
  EndpointOptions options;
  options.ports = {{8080, 80, "tcp", ""}};
  EXPECT_EQ(endpoint_v1("net-id", endpoint_spec(), addressing, options).at("Policies").size(), 1U);
  EXPECT_EQ(endpoint_v2("net-id", endpoint_spec(), addressing, options).at("Policies").size(), 1U);
}

TEST(HcnNamespace, IsAskedToTakeAnEndpoint) {
  EXPECT_EQ(namespace_request("Add", "ep-id"),
            Json::parse(R"({"ResourceType":"Endpoint","RequestType":"Add",
                            "Settings":{"EndpointId":"ep-id"}})"));
}

}  // namespace
}  // namespace azcni::network::documents
