// Policies as configured, as HNS takes them.

#include "policies.h"

#include <gtest/gtest.h>

namespace azcni::network::policies {
namespace {

Addressing dual_stack() {
  return {{*net::parse_prefix("10.240.1.5/16"), *net::parse_prefix("fd00::5/64")}};
}

Json endpoint_v1(const char* policy) {
  EndpointOptions options;
  options.policies = {Json::parse(policy)};
  return of_endpoint_v1(dual_stack(), options);
}

Json endpoint_v2(const char* policy) {
  EndpointOptions options;
  options.policies = {Json::parse(policy)};
  return of_endpoint_v2(dual_stack(), options);
}

/// Of the Error that a call throws; 0: it throws none.
template <typename Call>
unsigned code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return static_cast<unsigned>(error.code());
  }
  return 0;
}

// Catches: settings lost that stand beside the type, or within Settings, in any letter case.
TEST(EndpointPolicy, IsFlatInVersion1AndNestedInVersion2) {
  for (const char* configured : {R"({"Type":"ACL","Action":"Allow","Priority":7})",
                                 R"({"type":"ACL","settings":{"Action":"Allow","Priority":7}})"}) {
    EXPECT_EQ(endpoint_v1(configured),
              Json::parse(R"([{"Type":"ACL","Action":"Allow","Priority":7}])"));
    EXPECT_EQ(endpoint_v2(configured),
              Json::parse(R"([{"Type":"ACL","Settings":{"Action":"Allow","Priority":7}}])"));
  }
}

// Catches: exceptions of both families in one list, which HNS refuses.
TEST(OutBoundNat, HasAListOfExceptionsForEachFamily) {
  const char* const configured =
      R"({"Type":"OutBoundNAT","ExceptionList":["10.0.0.0/8","fd00::/8","10.1.0.0/16"]})";
  EXPECT_EQ(endpoint_v1(configured),
            Json::parse(R"([{"Type":"OutBoundNAT","ExceptionList":["10.0.0.0/8","10.1.0.0/16"]},
                            {"Type":"OutBoundNAT","ExceptionList":["fd00::/8"]}])"));
  const Json version2 = Json::parse(
      R"([{"Type":"OutBoundNAT","Settings":{"Exceptions":["10.0.0.0/8","10.1.0.0/16"]}},
          {"Type":"OutBoundNAT","Settings":{"Exceptions":["fd00::/8"]}}])");
  EXPECT_EQ(endpoint_v2(configured), version2);
  EXPECT_EQ(endpoint_v2(R"({"Type":"OutBoundNAT",
      "Settings":{"Exceptions":["10.0.0.0/8","fd00::/8","10.1.0.0/16"]}})"),
            version2);
}

// Catches: a policy that translates everything because its exceptions were left out.
TEST(OutBoundNat, NeedsExceptionsOrDestinations) {
  EXPECT_EQ(endpoint_v1(R"({"Type":"OutBoundNAT"})"), Json::array());
  EXPECT_EQ(code_of([] { endpoint_v2(R"({"Type":"OutBoundNAT"})"); }), 7U);
  EXPECT_EQ(endpoint_v2(R"({"Type":"OutBoundNAT","Destinations":["1.2.3.4"]})"),
            Json::parse(R"([{"Type":"OutBoundNAT","Settings":{"Destinations":["1.2.3.4"]}}])"));
}

// Catches: a route without what HNS asks of one, or under a name that version 2 does not know.
TEST(RoutePolicy, IsCalledOtherwiseInVersion2) {
  const char* const whole =
      R"({"Type":"ROUTE","DestinationPrefix":"10.0.0.0/8","NeedEncap":true,"NextHop":"10.1.0.1"})";
  EXPECT_EQ(endpoint_v2(whole), Json::parse(R"([{"Type":"SDNRoute","Settings":{
      "DestinationPrefix":"10.0.0.0/8","NeedEncap":true,"NextHop":"10.1.0.1"}}])"));
  EXPECT_EQ(endpoint_v2(R"({"Type":"SDNRoute","DestinationPrefix":"::/0","NeedEncap":false})"),
            Json::parse(R"([{"Type":"SDNRoute","Settings":{"DestinationPrefix":"::/0",
                "NeedEncap":false}}])"));
  EXPECT_EQ(endpoint_v1(whole), Json::array({Json::parse(whole)}));
  EXPECT_EQ(code_of([] { endpoint_v2(R"({"Type":"ROUTE","NeedEncap":true})"); }), 7U);
  EXPECT_EQ(code_of([] { endpoint_v2(R"({"Type":"ROUTE","DestinationPrefix":"::/0"})"); }), 7U);
}

// Catches: a policy that HNS drops without a word.
TEST(EndpointPolicy, OfAnUnknownKindIsRefusedInVersion2) {
  for (const char* type : {"L4WFPPROXY", "L4Proxy", "PortMapping", "QOS"}) {
    const std::string policy = std::string(R"({"Type":")") + type + R"(","a":1})";
    EXPECT_EQ(endpoint_v2(policy.c_str()).at(0).at("Type"), type);
  }
  EXPECT_EQ(code_of([] { endpoint_v2(R"({"Type":"VLAN","a":1})"); }), 2U);
  EXPECT_EQ(code_of([] { endpoint_v2("{}"); }), 2U);
}

// Catches: a container that can't reach itself by the address of its service.
TEST(Loopback, IsATranslationOfTheIpv4Address) {
  EndpointOptions options;
  options.loopback_dsr = true;
  EXPECT_EQ(of_endpoint_v1(dual_stack(), options),
            Json::parse(R"([{"Type":"OutBoundNAT","Destinations":["10.240.1.5"]}])"));
  EXPECT_EQ(of_endpoint_v2(dual_stack(), options),
            Json::parse(R"([{"Type":"OutBoundNAT","Settings":{"Destinations":["10.240.1.5"]}}])"));
}

// Catches: ports swapped, and a port of IPv6 that the node itself does not reach or that is one of
// IPv4.
TEST(Ports, LeadToTheContainer) {
  EndpointOptions options;
  options.ports = {{8080, 80, "tcp", ""}};
  EXPECT_EQ(
      of_endpoint_v1(dual_stack(), options),
      Json::parse(R"([{"Type":"NAT","Protocol":"TCP","InternalPort":80,"ExternalPort":8080}])"));
  EXPECT_EQ(of_endpoint_v2(dual_stack(), options), Json::parse(R"([
      {"Type":"PortMapping","Settings":
        {"Protocol":6,"InternalPort":80,"ExternalPort":8080,"Flags":1}},
      {"Type":"PortMapping","Settings":
        {"Protocol":6,"InternalPort":80,"ExternalPort":8080,"Flags":2}}])"));
  options.ports = {{5353, 53, "udp", "10.240.1.4"}, {5353, 53, "udp", "fd00::4"}};
  EXPECT_EQ(of_endpoint_v2(dual_stack(), options), Json::parse(R"([
      {"Type":"PortMapping","Settings":{"Protocol":17,"InternalPort":53,"ExternalPort":5353,
        "VIP":"10.240.1.4","Flags":1}},
      {"Type":"PortMapping","Settings":{"Protocol":17,"InternalPort":53,"ExternalPort":5353,
        "VIP":"fd00::4","Flags":2}}])"));
  const Addressing ipv4{{*net::parse_prefix("10.240.1.5/16")}};
  options.ports = {{8080, 80, "tcp", ""}};
  EXPECT_EQ(of_endpoint_v2(ipv4, options).size(), 1U);
  options.ports = {{8080, 80, "sctp", ""}};
  EXPECT_EQ(code_of([&] { of_endpoint_v1(ipv4, options); }), 2U);
  EXPECT_EQ(code_of([&] { of_endpoint_v2(ipv4, options); }), 2U);
}

// Catches: another order than the configuration's, by which HNS applies them.
TEST(EndpointPolicy, ComesBeforeLoopbackAndPorts) {
  EndpointOptions options;
  options.policies = {Json::parse(R"({"Type":"QOS","a":1})"),
                      Json::parse(R"({"Type":"ACL","a":1})")};
  options.loopback_dsr = true;
  options.ports = {{8080, 80, "tcp", ""}};
  const auto types = [](const Json& policies) {
    std::vector<std::string> all;
    for (const Json& each : policies) all.push_back(each.at("Type"));
    return all;
  };
  EXPECT_EQ(types(of_endpoint_v1(dual_stack(), options)),
            (std::vector<std::string>{"QOS", "ACL", "OutBoundNAT", "NAT"}));
  EXPECT_EQ(types(of_endpoint_v2(dual_stack(), options)),
            (std::vector<std::string>{"QOS", "ACL", "OutBoundNAT", "PortMapping", "PortMapping"}));
}

TEST(VlanPolicy, IsOfTheSubnetInVersion2) {
  for (const char* configured :
       {R"({"Type":"VLAN","VLAN":7})", R"({"Type":"VLAN","Settings":{"IsolationId":7}})"}) {
    const NetworkPolicies policies = of_network_v2({Json::parse(configured)});
    EXPECT_EQ(policies.network, Json::array());
    EXPECT_EQ(policies.subnet, Json::parse(R"([{"Type":"VLAN","Settings":{"IsolationId":7}}])"));
  }
  const Json nat = Json::parse(R"({"Type":"OutBoundNAT","a":1})");
  EXPECT_EQ(of_network_v1({nat}), Json::array({nat}));
  EXPECT_EQ(of_network_v2({nat}).network,
            Json::parse(R"([{"Type":"OutBoundNAT","Settings":{"a":1}}])"));
}

}  // namespace
}  // namespace azcni::network::policies
