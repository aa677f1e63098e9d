#include "azcni/cni/result.h"

#include <gtest/gtest.h>

#include <map>

#include "azcni/cni/version.h"

namespace azcni::cni {
namespace {

Result dual_stack() {
  Result result;
  result.interfaces = {{"azv1", net::parse_mac("aa:00:00:00:00:01"), ""},
                       {"eth0", net::parse_mac("ae:00:00:00:00:01"), "/run/netns/x"}};
  for (const char* text : {"10.0.0.5/24", "10.0.0.6/24", "fd00::5/64"}) {
    const net::Prefix address = *net::parse_prefix(text);
    result.ips.push_back({address, address.host(1), 1});
  }
  result.routes = {{net::Prefix::everything(net::Family::kIpv4), net::parse_ip("10.0.0.1")},
                   {net::Prefix::everything(net::Family::kIpv6), std::nullopt}};
  result.dns.nameservers = {"168.63.129.16"};
  return result;
}

// Catches: a form that the readers of a version do not know; by version, the first of each form.
TEST(Result, HasTheFormOfEveryVersion) {
  const std::map<std::string, const char*> forms{
      {"0.1.0", R"({"ip4":{"ip":"10.0.0.5/24","gateway":"10.0.0.1",
            "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},
          "ip6":{"ip":"fd00::5/64","gateway":"fd00::1","routes":[{"dst":"::/0"}]},
          "dns":{"nameservers":["168.63.129.16"]}})"},
      {"0.3.0", R"({"interfaces":[{"name":"azv1","mac":"aa:00:00:00:00:01"},
            {"name":"eth0","mac":"ae:00:00:00:00:01","sandbox":"/run/netns/x"}],
          "ips":[{"version":"4","address":"10.0.0.5/24","gateway":"10.0.0.1","interface":1},
            {"version":"4","address":"10.0.0.6/24","gateway":"10.0.0.1","interface":1},
            {"version":"6","address":"fd00::5/64","gateway":"fd00::1","interface":1}],
          "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"},{"dst":"::/0"}],
          "dns":{"nameservers":["168.63.129.16"]}})"},
      {"1.0.0", R"({"interfaces":[{"name":"azv1","mac":"aa:00:00:00:00:01"},
            {"name":"eth0","mac":"ae:00:00:00:00:01","sandbox":"/run/netns/x"}],
          "ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1","interface":1},
            {"address":"10.0.0.6/24","gateway":"10.0.0.1","interface":1},
            {"address":"fd00::5/64","gateway":"fd00::1","interface":1}],
          "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"},{"dst":"::/0"}],
          "dns":{"nameservers":["168.63.129.16"]}})"}};
  for (const std::string& version : supported_versions()) {
    Json expected = Json::parse(std::prev(forms.upper_bound(version))->second);
    expected["cniVersion"] = version;
    EXPECT_EQ(to_json(dual_stack(), version), expected);
  }
}

TEST(Result, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_json({}, "1.0.0"), Json::parse(R"({"cniVersion":"1.0.0"})"));
}

// Catches: a runtime's result of an older version that CHECK can't read.
TEST(Result, IsReadInEveryForm) {
  for (const std::string& version : supported_versions()) {
    const Json json = to_json(dual_stack(), version);
    EXPECT_EQ(to_json(parse_result(json, ""), version), json);
  }
}

// Catches: numbers of 1.1.0 that get lost, or that an older version's reader would not understand.
TEST(Result, KeepsTheNumbersOf110) {
  const Json json = Json::parse(R"({"cniVersion":"1.1.0",
    "interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01","sandbox":"/n","mtu":1400,
                   "socketPath":"/run/vhost","pciID":"0000:00:1f.6"}],
    "ips":[{"address":"10.0.0.5/24","interface":0}],
    "routes":[{"dst":"0.0.0.0/0","mtu":1300,"advmss":1200,"priority":7,"table":100,"scope":253}]})");
  const Result result = parse_result(json, "");
  EXPECT_EQ(to_json(result, "1.1.0"), json);
  const Json older = to_json(result, "1.0.0");
  EXPECT_EQ(older["routes"], Json::parse(R"([{"dst":"0.0.0.0/0"}])"));
  EXPECT_EQ(older["interfaces"][0].size(), 3U);
}

TEST(Result, NamesWhatIsWrong) {
  EXPECT_THROW(parse_result(Json::parse(R"({"ips":[{"address":"10.0.0.5"}]})"), "prevResult"),
               Error);
  EXPECT_THROW(parse_result(Json::parse(R"({"ips":[{"address":"10.0.0.5/24","interface":3}]})"),
                            "prevResult"),
               Error);
  EXPECT_THROW(parse_result(Json::parse("[]"), "prevResult"), Error);
}

// Catches: a field of an IPAM plugin's that says of no interface which it is, taken for an index;
// and a route that the kernel refuses for its host bits.
TEST(Result, OfIpamKnowsNoInterfaces) {
  const Result result = parse_ipam_result(Json::parse(R"({"interfaces":[{"name":"x"}],"ips":[
          {"address":"10.0.0.5/24","interface":-1},{"address":"fd00::5/64","interface":9}],
          "routes":[{"dst":"10.9.8.7/24"}]})"),
                                          "");
  EXPECT_TRUE(result.interfaces.empty());
  ASSERT_EQ(result.ips.size(), 2U);
  EXPECT_EQ(result.ips[0].interface, std::nullopt);
  EXPECT_EQ(result.ips[1].interface, std::nullopt);
  EXPECT_EQ(net::to_string(result.routes.at(0).destination), "10.9.8.0/24");
}

}  // namespace
}  // namespace azcni::cni
