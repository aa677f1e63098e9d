// Whether a network that is there serves where another configuration is wanted.

#include <gtest/gtest.h>

#include "azcni/network/backend.h"
#include "requests.h"

namespace azcni::network {
namespace {

NetworkSpec known_network(Mode mode) {
  return {.name = "azure",
          .mode = mode,
          .master = "eth0",
          .bridge = {"azure2", true, {*net::parse_network("169.254.20.10")}},
          .routing = {true, true, {*net::parse_prefix("10.0.0.0/8")}, true}};
}

struct Wanted {
  const char* name;
  void (*change)(NetworkSpec& wanted);
  bool fits = false;              ///< where there is a bridge
  bool fits_transparent = false;  ///< where there is none

  friend void PrintTo(const Wanted& each, std::ostream* out) { *out << each.name; }
};

class Fits : public ::testing::TestWithParam<Wanted> {};

constexpr bool kYes = true, kNo = false;

INSTANTIATE_TEST_SUITE_P(
    Wanted, Fits,
    ::testing::Values(
        Wanted{"Same", [](NetworkSpec&) {}, kYes, kYes},
        Wanted{"Master", [](NetworkSpec& wanted) { wanted.master = "eth1"; }, kNo, kNo},
        Wanted{"AnyMaster", [](NetworkSpec& wanted) { wanted.master = ""; }, kYes, kYes},
        // BridgeOptions
        Wanted{"Bridge", [](NetworkSpec& wanted) { wanted.bridge.name = "b"; }, kNo, kYes},
        Wanted{"AnyBridge", [](NetworkSpec& wanted) { wanted.bridge.name = ""; }, kYes, kYes},
        Wanted{"Hairpin", [](NetworkSpec& wanted) { wanted.bridge.hairpin = false; }, kNo, kYes},
        Wanted{"ViaHost", [](NetworkSpec& wanted) { wanted.bridge.via_host = {}; }, kNo, kYes},
        // HostRouting
        Wanted{"IpForward", [](NetworkSpec& wanted) { wanted.routing.ip_forward = false; }, kNo,
               kNo},
        Wanted{"Masquerade", [](NetworkSpec& wanted) { wanted.routing.masquerade = false; }, kNo,
               kNo},
        Wanted{"Vnet", [](NetworkSpec& wanted) { wanted.routing.vnet = {}; }, kNo, kNo},
        Wanted{"ForwardAccept", [](NetworkSpec& wanted) { wanted.routing.forward_accept = false; },
               kNo, kNo},
        // Guard
        Wanted{"SourceGuard", [](NetworkSpec& wanted) { wanted.guard.sources = false; }, kNo, kNo},
        Wanted{"Allowed",
               [](NetworkSpec& wanted) { wanted.guard.allowed = {*net::parse_prefix("::/0")}; },
               kNo, kNo},
        Wanted{"Metadata", [](NetworkSpec& wanted) { wanted.guard.metadata = false; }, kNo, kNo},
        // Of the creation alone, or of no matter.
        Wanted{"Name", [](NetworkSpec& wanted) { wanted.name = "other"; }, kYes, kYes},
        Wanted{"Hns", [](NetworkSpec& wanted) { wanted.hns.adapter = "Ethernet"; }, kYes, kYes}),
    test::case_name<Wanted>);

// Catches: a field that keeps its old value on every node for ever, since nobody compares it; and
// a network that is remade, with all its containers, for a field that does not matter.
TEST_P(Fits, WhereTheDifferenceDoesNotMatter) {
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge, Mode::kTunnel}) {
    NetworkSpec wanted = known_network(mode);
    GetParam().change(wanted);
    EXPECT_EQ(fits(known_network(mode), wanted),
              mode == Mode::kTransparent ? GetParam().fits_transparent : GetParam().fits)
        << to_string(mode);
  }
}

// Catches: a change of mode that is not made.
TEST(FitsMode, OnlyTheSame) {
  const std::vector<Mode> modes{Mode::kTransparent, Mode::kBridge, Mode::kTunnel};
  for (const Mode known : modes) {
    for (const Mode wanted : modes)
      EXPECT_EQ(fits(known_network(known), known_network(wanted)), known == wanted);
  }
}

// Catches: a field that came without a case above: it does not compile here.
TEST(FitsFields, AreAllAbove) {
  [[maybe_unused]] const auto [name, hairpin, via_host] = BridgeOptions{};
  [[maybe_unused]] const auto [forward, masquerade, vnet, accept] = HostRouting{};
  [[maybe_unused]] const auto [network, mode, master, subnets, bridge, routing, guard, hns] =
      NetworkSpec{};
  [[maybe_unused]] const auto [sources, allowed, metadata] = Guard{};
}

}  // namespace
}  // namespace azcni::network
