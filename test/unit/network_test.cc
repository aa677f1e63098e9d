#include <gtest/gtest.h>

#include "azcni/network/backend.h"
#include "azcni/network/endpoint.h"

namespace azcni::network {
namespace {

// The value is the Go plugin's, for a pod seen in the field.
TEST(HostIfName, IsTheGoPlugins) {
  const EndpointId eth0{"3f813b02", "eth0"}, eth1{"3f813b02", "eth1"};
  EXPECT_EQ(host_if_name({eth0, "azure", "", "kube-system", "metrics-server-77c8679d7d-6ksdh"}),
            "azvd805fb1b0f8");
  EXPECT_NE(host_if_name({eth1, "azure", "", "kube-system", "metrics-server-77c8679d7d-6ksdh"}),
            "azvd805fb1b0f8");
  EXPECT_EQ(host_if_name({eth0, "azure", "", "", ""}),
            host_if_name({eth0, "azure", "", "", "lonely"}));
  EXPECT_EQ(host_if_name({eth0, "azure", "", "", ""}).size(), 14U);
}

// Catches: a multicast MAC, or one that somebody's vendor owns.
TEST(Macs, AreLocalAndDiffer) {
  const EndpointId a{"a", "eth0"}, b{"b", "eth0"};
  for (const net::MacAddress& mac : {host_mac(a), container_mac(a)}) EXPECT_EQ(mac.bytes[0] & 3, 2);
  EXPECT_NE(host_mac(a), host_mac(b));
  EXPECT_NE(host_mac(a), container_mac(a));
  EXPECT_EQ(host_mac(a), host_mac(a));
}

TEST(Records, SurviveTheirJson) {
  const EndpointId id{"c", "eth0"};
  const EndpointRecord record{
      {id, "azure", "/run/netns/c", "azv1", host_mac(id), container_mac(id)},
      true,
      {{*net::parse_prefix("10.0.0.5/24")},
       {*net::parse_ip("10.0.0.1")},
       {{*net::parse_prefix("10.1.0.0/16"), 1400, {}, 7, 100, {}}},
       {{"10.0.0.10"}, {"cluster.local"}, {"ndots:5"}}},
      {{"azv1", host_mac(id), "", 1500}, {"eth0", std::nullopt, "/run/netns/c", 0}},
      {{8080, 80, "udp", "10.0.0.9"}},
      false,
      std::chrono::microseconds(17)};
  EXPECT_EQ(Json(Json(record).get<EndpointRecord>()), Json(record));
  EXPECT_EQ(Json(record).get<EndpointRecord>().ports.front().host_port, 8080);
  const NetworkRecord network{
      {.name = "azure",
       .mode = Mode::kTunnel,
       .master = "eth0",
       .bridge = {"azure0", false, {*net::parse_ip("169.254.20.10")}},
       .routing = {false, true, {*net::parse_prefix("10.0.0.0/8")}, true, true}},
      1500,
      nullptr};
  const NetworkSpec back = Json(network).get<NetworkRecord>().spec;
  EXPECT_EQ(back.bridge, network.spec.bridge);
  EXPECT_EQ(back.routing, network.spec.routing);
  EXPECT_EQ(Json(Json(network).get<NetworkRecord>()), Json(network));
  EXPECT_ANY_THROW(
      Json::parse(R"({"name":"a","mode":"odd","master":"eth0"})").get<NetworkRecord>());
  EXPECT_ANY_THROW(Json::object().get<EndpointRecord>());
}

}  // namespace
}  // namespace azcni::network
