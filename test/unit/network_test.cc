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
      .spec = {id, "azure", "/run/netns/c", "azv1", host_mac(id), container_mac(id)},
      .complete = true,
      .addressing = {{*net::parse_prefix("10.0.0.5/24")},
                     {*net::parse_ip("10.0.0.1")},
                     {{*net::parse_prefix("10.1.0.0/16"), {1400, {}, 7, 100, {}}}},
                     {{"10.0.0.10"}, {"cluster.local"}, {"ndots:5"}}},
      .interfaces = {{"azv1", host_mac(id), "", 1500}, {"eth0", std::nullopt, "/run/netns/c", 0}},
      .options = {{8'000'000, 80'000},
                  {1'000'000, 0},
                  {{8080, 80, "udp", "10.0.0.9"}},
                  {{{"Type", "ACL"}}},
                  true},
      .placement = {Mode::kTunnel, "eth0", 2, "azure2", 1500},
      .pod = {"shop", "cart-0", "5c4e"},
      .written_at = std::chrono::microseconds(17)};
  const auto read = Json(record).get<EndpointRecord>();
  EXPECT_EQ(Json(read), Json(record));
  EXPECT_EQ(read.options.ports.front().host_port, 8080);
  EXPECT_EQ(read.options.to_container, record.options.to_container);
  EXPECT_EQ(read.options.from_container, record.options.from_container);
  EXPECT_EQ(read.placement.bridge, "azure2");
  EXPECT_EQ(read.pod.uid, "5c4e");
  const NetworkRecord network{{.name = "azure",
                               .mode = Mode::kTunnel,
                               .master = "eth0",
                               .bridge = {"azure0", false, {*net::parse_network("169.254.20.10")}},
                               .routing = {false, true, {*net::parse_prefix("10.0.0.0/8")}, true}},
                              1500,
                              nullptr,
                              true,
                              {}};
  const NetworkSpec back = Json(network).get<NetworkRecord>().spec;
  EXPECT_EQ(back.bridge, network.spec.bridge);
  EXPECT_EQ(back.routing, network.spec.routing);
  EXPECT_EQ(Json(Json(network).get<NetworkRecord>()), Json(network));
  EXPECT_ANY_THROW(
      Json::parse(R"({"name":"a","mode":"odd","master":"eth0"})").get<NetworkRecord>());
  EXPECT_ANY_THROW(Json::object().get<EndpointRecord>());
  const NicRecord nic{.name = "eth0",
                      .mac = host_mac(id),
                      .number = 2,
                      .mtu = 1500,
                      .bridge = "azure2",
                      .host_addresses = {*net::parse_ip("10.0.0.4")}};
  EXPECT_EQ(Json(Json(nic).get<NicRecord>()), Json(nic));
}

}  // namespace
}  // namespace azcni::network
