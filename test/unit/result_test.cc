#include "azcni/cni/result.h"

#include <gtest/gtest.h>

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

TEST(Result, OfOldVersionsHasOneAddressAFamily) {
  EXPECT_EQ(to_json(dual_stack(), "0.2.0"), Json::parse(R"({"cniVersion":"0.2.0",
    "ip4":{"ip":"10.0.0.5/24","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"}]},
    "ip6":{"ip":"fd00::5/64","gateway":"fd00::1","routes":[{"dst":"::/0"}]},"dns":{"nameservers":["168.63.129.16"]}})"));
}

TEST(Result, SaysTheVersionOfAnAddressUntil040) {
  EXPECT_EQ(
      to_json(dual_stack(), "0.4.0")["ips"][2],
      Json::parse(R"({"version":"6","address":"fd00::5/64","gateway":"fd00::1","interface":1})"));
  EXPECT_FALSE(to_json(dual_stack(), "1.0.0")["ips"][2].contains("version"));
}

TEST(Result, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_json({}, "1.0.0"), Json::parse(R"({"cniVersion":"1.0.0"})"));
}

TEST(Result, IsReadInEveryForm) {
  for (const char* version : {"0.3.0", "0.4.0", "1.0.0"}) {
    const Json json = to_json(dual_stack(), version);
    EXPECT_EQ(to_json(parse_result(json, ""), version), json);
  }
  const Json old = to_json(dual_stack(), "0.2.0");
  EXPECT_EQ(to_json(parse_result(old, ""), "0.2.0"), old);
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

}  // namespace
}  // namespace azcni::cni
