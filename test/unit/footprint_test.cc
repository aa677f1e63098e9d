// What a mode is, as text: test/unit/golden/footprint.txt is to be read.

#include "footprint.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "groups.h"
#include "modes/mode.h"
#include "nic_routing.h"

namespace azcni::network {
namespace {

using test::ip;
using test::prefix;

constexpr net::MacAddress kNicMac{{0, 0x0d, 0x3a, 1, 2, 3}};

NicRecord nic_of(Mode mode) {
  return {.name = "eth0",
          .mac = kNicMac,
          .number = 2,
          .mtu = 1500,
          .bridge = has_bridge(mode) ? "azure2" : "",
          .host_addresses = {ip("10.240.1.4"), ip("fd00:1::4")}};
}

NetworkRecord network_of(Mode mode, const HostRouting& routing = {}) {
  NetworkRecord network;
  network.spec = {
      .name = "azure",
      .mode = mode,
      .master = "eth0",
      .bridge = {has_bridge(mode) ? "azure2" : "", true, {*net::parse_network("169.254.20.10")}},
      .routing = routing};
  network.mtu = 1500;
  network.has_nf_tables = true;
  return network;
}

EndpointRecord endpoint_of(const NetworkRecord& network, const EndpointOptions& options = {}) {
  const EndpointId id{"c1", "eth0"};
  return {.spec = {id, "azure", "/run/netns/c1", "azv1", host_mac(id), container_mac(id)},
          .addressing = {{prefix("10.240.1.5/16"), prefix("fd00:1::5/64")},
                         {ip("10.240.0.1")},
                         {{prefix("0.0.0.0/0")}, {prefix("10.9.0.0/16"), {.priority = 7}}}},
          .options = options,
          .placement = placement_of(nic_of(network.spec.mode), network)};
}

std::string to_text(const std::string& title, const Footprint& footprint) {
  constexpr const char* kLevels[] = {"attachment", "network", "NIC", "node"};
  std::string text = "# " + title + "\n";
  const auto append = [&](const char* where, const Objects& objects) {
    for (const Object& each : objects)
      text += std::string(where) + ", " + kLevels[static_cast<int>(each.level)] + ": " +
              to_string(each) + "\n";
  };
  append("host", footprint.host);
  append("container", footprint.container);
  return text + "\n";
}

// Catches: an object that a mode has more, less, or of another kind than before.
TEST(Footprint, IsWhatAModeIs) {
  std::string text;
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge, Mode::kTunnel}) {
    const std::string name = to_string(mode);
    const NetworkRecord plain = network_of(mode);
    const NetworkRecord rich = network_of(
        mode, {.masquerade = true, .vnet = {prefix("10.240.0.0/16")}, .forward_accept = true});
    const EndpointOptions options{{8'000'000, 800'000},
                                  {4'000'000, 400'000},
                                  {{8080, 80, "tcp", ""}, {53, 53, "udp", "10.240.1.4"}},
                                  {},
                                  false};
    text += to_text(name + ", NIC", footprint_of(nic_of(mode), {plain}));
    text += to_text(name + ", network", footprint_of(plain));
    text += to_text(name + ", attachment", footprint_of(plain, endpoint_of(plain)));
    text += to_text(name + ", NIC of a network with all options",
                    footprint_of(nic_of(mode), {rich, plain}));
    text += to_text(name + ", network with all options", footprint_of(rich));
    text += to_text(name + ", attachment with all options",
                    footprint_of(rich, endpoint_of(rich, options)));
  }
  test::compare_with_golden("footprint", text);
}

// Catches: a field of the guard that changes nothing, and an element that opens more than its own.
TEST(Footprint, SaysWhatAContainerMaySend) {
  std::string text;
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge}) {
    NetworkRecord network = network_of(mode);
    network.spec.guard = {
        false, {prefix("10.9.9.9/32"), prefix("172.16.0.0/12"), prefix("fd00:9::/64")}, false};
    text += to_text(to_string(mode) + ", NIC of a network with allowed addresses",
                    footprint_of(nic_of(mode), {network}));
    text += to_text(to_string(mode) + ", attachment with allowed addresses",
                    footprint_of(network, endpoint_of(network)));
  }
  test::compare_with_golden("footprint_guard", text);
}

// Catches: a link that takes more than the NIC, and an attachment of before whose MTU is not known.
TEST(MtuOfAnAttachment, IsNeverMoreThanTheNics) {
  const auto mtu = [](unsigned configured, unsigned of_nic) {
    return mtu_of({.spec = {}, .options = {.mtu = configured}, .placement = {.mtu = of_nic}});
  };
  EXPECT_EQ(mtu(0, 1500), 1500U);
  EXPECT_EQ(mtu(1400, 1500), 1400U);
  EXPECT_EQ(mtu(9000, 1500), 1500U);
  EXPECT_EQ(mtu(1400, 0), 0U);
}

// Catches: links of earlier versions that the rules do not know any more.
TEST(Footprint, HasGroupsThatTellModesAndNics) {
  constexpr std::uint32_t kOfBefore = 0x617a0002, kTunnelOfBefore = 0x617a8002;
  EXPECT_EQ(groups::of_nic(2, false), kOfBefore);
  EXPECT_EQ(groups::of_nic(2, true), kTunnelOfBefore);
  for (const bool sources : {false, true}) {
    for (const bool metadata : {false, true}) {
      const std::uint32_t options = groups::options_of({sources, {}, metadata});
      EXPECT_EQ(options & (groups::kWhose | kOfBefore | groups::kTransparent), 0U);
      EXPECT_EQ((kTunnelOfBefore | options) & groups::kWhose, kTunnelOfBefore);
      EXPECT_EQ(options == 0, !sources && metadata);
    }
  }
}

NicRecord second_nic(Mode mode, const std::vector<net::Prefix>& subnets) {
  NicRecord nic{.name = "eth1", .mac = {{0, 0x0d, 0x3a, 1, 2, 4}}, .number = 3, .mtu = 1500};
  nic.bridge = has_bridge(mode) ? "azure3" : "";
  nic.has_nf_tables = true;
  nic.subnets = subnets;
  nic.host_nics = {{"eth0", kNicMac, 2, true, {prefix("10.240.1.4/16"), prefix("fd00:1::4/128")}},
                   {has_bridge(mode) ? "azure3" : "eth1",
                    nic.mac,
                    3,
                    false,
                    {prefix("10.241.1.4/16"), prefix("fd00:2::4/128")}}};
  nic.table = nic_routing::table_of_addresses(nic);
  return nic;
}

// Catches: a rule that changes the way of what is not the pods', and one NIC's way that has none
// back.
TEST(Footprint, SaysHowSeveralNicsAreRouted) {
  const std::vector<net::Prefix> own{prefix("10.241.0.0/16"), prefix("fd00:2::/64")};
  std::string text;
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge}) {
    text += to_text(to_string(mode) + ", NIC of another than the default route's",
                    {nic_routing::objects_of(second_nic(mode, own)), {}});
  }
  NicRecord first = second_nic(Mode::kTransparent, own);
  first.name = "eth0";
  first.subnets = {prefix("10.240.0.0/16"), prefix("fd00:1::/64")};
  text += to_text("transparent, NIC of the default route", {nic_routing::objects_of(first), {}});

  const NicRecord sharing = second_nic(Mode::kTransparent, {prefix("10.240.0.0/16")});
  text += to_text("transparent, NIC that shares a subnet", {nic_routing::objects_of(sharing), {}});
  NetworkRecord network = network_of(Mode::kTransparent);
  network.spec.master = "eth1";
  EndpointRecord endpoint = endpoint_of(network);
  endpoint.placement = placement_of(sharing, network);
  text += to_text("its attachment", {nic_routing::objects_of(endpoint), {}});

  NicRecord bare = second_nic(Mode::kTransparent, own);
  bare.host_nics.back().addresses.clear();
  text += to_text("transparent, NIC without an address", {nic_routing::objects_of(bare), {}});
  test::compare_with_golden("footprint_nics", text);
}

// Catches: a pod that loses its bridge since its network has another mode by now.
TEST(Footprint, IsOfTheModeOfTheAttachment) {
  const EndpointRecord old = endpoint_of(network_of(Mode::kBridge));
  EXPECT_EQ(footprint_of(network_of(Mode::kTransparent), old),
            footprint_of(network_of(Mode::kBridge), old));
}

// Catches: an upgrade after which a DEL of an old pod finds less than its link and its elements.
TEST(Footprint, OfAGoPluginsPodIsItsLink) {
  EndpointRecord old = endpoint_of(network_of(Mode::kBridge));
  old.legacy = true;
  const Footprint plain = footprint_of(network_of(Mode::kBridge), old);
  ASSERT_EQ(plain.host.size(), 1U);
  EXPECT_EQ(std::get<Veth>(plain.host[0].value).mac, old.spec.host_mac);
  EXPECT_TRUE(plain.container.empty());
  EXPECT_GT(footprint_of(network_of(Mode::kBridge, {.masquerade = true}), old).host.size(), 1U);
}

// Catches: a kernel without nf_tables refused for nothing, or found out when it is too late.
TEST(Modes, NeedNfTablesForRulesOnly) {
  EXPECT_EQ(needs_of(network_of(Mode::kTransparent).spec).nf_tables, "");
  EXPECT_NE(needs_of(network_of(Mode::kTransparent, {.masquerade = true}).spec).nf_tables, "");
  EXPECT_NE(needs_of(network_of(Mode::kTransparent, {.forward_accept = true}).spec).nf_tables, "");
  EXPECT_EQ(needs_of(network_of(Mode::kBridge).spec).nf_tables, "mode bridge");
  EXPECT_EQ(host_link_of(network_of(Mode::kTransparent).spec), "eth0");
  EXPECT_EQ(host_link_of(network_of(Mode::kTunnel).spec), "azure2");
}

// Catches: a NIC whose packets go past the host though one of its networks masquerades them.
TEST(Footprint, GoesPastTheHostOnlyWhereAllNetworksLet) {
  NetworkRecord narrow =
      network_of(Mode::kBridge, {.masquerade = true, .vnet = {prefix("10.240.0.0/16")}});
  NetworkRecord wide =
      network_of(Mode::kBridge, {.masquerade = true, .vnet = {prefix("10.0.0.0/8")}});
  const auto direct = [&](const std::vector<NetworkRecord>& networks) {
    for (const Object& each : footprint_of(nic_of(Mode::kBridge), networks).host) {
      const auto* table = std::get_if<nft::Ruleset>(&each.value);
      if (table == nullptr) continue;
      for (const auto& [set, prefixes] : table->contents) {
        if (set.name == "direct4") return prefixes;
      }
    }
    return std::vector<net::Prefix>{};
  };
  const auto has = [&](const std::vector<net::Prefix>& all, const char* text) {
    return std::find(all.begin(), all.end(), prefix(text)) != all.end();
  };
  EXPECT_EQ(direct({network_of(Mode::kBridge)}), std::vector{prefix("0.0.0.0/0")});
  EXPECT_TRUE(has(direct({wide}), "10.0.0.0/8"));
  for (const auto& both : {std::vector{wide, narrow}, std::vector{narrow, wide}}) {
    EXPECT_FALSE(has(direct(both), "10.0.0.0/8"));
    EXPECT_TRUE(has(direct(both), "168.63.129.16/32"));
  }
  NetworkRecord of_ipv6 =
      network_of(Mode::kBridge, {.masquerade = true, .vnet = {prefix("fd00::/8")}});
  EXPECT_TRUE(has(direct({wide, of_ipv6}), "10.0.0.0/8")) << "the other masquerades no IPv4";
}

}  // namespace
}  // namespace azcni::network
