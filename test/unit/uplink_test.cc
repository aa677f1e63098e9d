// The NIC's way below a bridge and back, as bytes: what comes before what.

#include "uplink.h"

#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "host_configs.h"

namespace azcni::network::uplink {
namespace {

using test::Golden;
using test::HostObjects;

constexpr unsigned kNic = 2, kBridge = 9;

void answer_with_link(test::Wire& wire, unsigned index, unsigned master) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP;
  test::Messages link;
  link.emplace_back(RTM_NEWLINK, 0, header);
  link.back().put(IFLA_ADDRESS, test::kMac).put_u32(IFLA_MTU, 1500).put_u32(IFLA_MASTER, master);
  wire.answer_next(link);
}

HostObjects host_on(unsigned index) {
  HostObjects host(index);
  host.address("10.240.1.4/16").route("10.240.0.0/16").route("0.0.0.0/0", "10.240.0.1");
  return host;
}

/// A bridge that is there, with a way to a container.
HostObjects bare_bridge() {
  HostObjects host(kBridge);
  host.route("10.240.1.5/32");
  return host;
}

void answer_to_bridge(test::Wire& wire, const HostObjects& nic, const HostObjects& bridge) {
  answer_with_link(wire, kNic, 0);
  nic.answer(wire);
  answer_with_link(wire, kBridge, 0);
  bridge.answer(wire);
  answer_with_link(wire, kBridge, 0);  // for ensure_bridge(): it is there, and it is up
  answer_with_link(wire, kBridge, 0);
}

// Catches: a step taken before the one that it needs, or without a rehearsal.
TEST(UplinkGolden, ToTheBridgeAndBack) {
  const HostConfig lost = host_on(kNic).read();
  Golden golden("uplink");
  net::Netlink netlink;
  golden.record("to_bridge", [&] {
    UndoStack undo;
    answer_to_bridge(golden.wire, host_on(kNic), bare_bridge());
    EXPECT_EQ(to_bridge(netlink, "eth0", "azure2", {}, undo).index, kBridge);
    undo.dismiss();
  });
  golden.record("to_bridge, undone", [&] {
    UndoStack undo;
    answer_to_bridge(golden.wire, host_on(kNic), bare_bridge());
    to_bridge(netlink, "eth0", "azure2", {}, undo);
    static_cast<void>(golden.wire.sent());
  });
  golden.record("to_bridge, of what was lost", [&] {
    UndoStack undo;
    answer_to_bridge(golden.wire, HostObjects(kNic), bare_bridge());
    to_bridge(netlink, "eth0", "azure2", lost, undo);
    undo.dismiss();
  });
  golden.record("to_nic", [&] {
    answer_with_link(golden.wire, kNic, kBridge);
    answer_with_link(golden.wire, kBridge, 0);
    host_on(kBridge).answer(golden.wire);
    HostObjects(kNic).answer(golden.wire);
    to_nic(netlink, "eth0", "azure2");
  });
  golden.compare();
}

}  // namespace
}  // namespace azcni::network::uplink
