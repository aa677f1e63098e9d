// Which UDP flows are forgotten, by what the kernel tells of them.

#include "conntrack.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "golden.h"

namespace azcni::network::conntrack {
namespace {

using test::ip;

struct Direction {
  const char* source;
  const char* destination;
  std::uint16_t port;  ///< of the destination
};

void put_direction(net::NetlinkMessage& flow, int type, const Direction& direction,
                   std::uint8_t protocol) {
  const net::IpAddress source = ip(direction.source), destination = ip(direction.destination);
  const bool is_ipv4 = source.is_ipv4();
  const std::uint16_t port = htons(direction.port);
  flow.nest(type, [&] {
    flow.nest(CTA_TUPLE_IP, [&] {
      flow.put(is_ipv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, source)
          .put(is_ipv4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, destination);
    });
    flow.nest(CTA_TUPLE_PROTO, [&] {
      flow.put(CTA_PROTO_NUM, &protocol, 1).put(CTA_PROTO_DST_PORT, &port, sizeof port);
    });
  });
}

class Flows : public ::testing::Test {
 protected:
  void add(std::uint32_t id, const Direction& sent, const Direction& answered,
           std::uint8_t protocol = IPPROTO_UDP) {
    const std::uint8_t family = net::family_number(ip(sent.source).family());
    net::NetlinkMessage& flow =
        flows_.emplace_back(NFNL_SUBSYS_CTNETLINK << 8, 0, nfgenmsg{family, NFNETLINK_V0, 0});
    put_direction(flow, CTA_TUPLE_ORIG, sent, protocol);
    put_direction(flow, CTA_TUPLE_REPLY, answered, protocol);
    flow.put_u32(CTA_ID, id);
  }

  /// The ids of the flows that `forget` deletes, which are below 256.
  template <typename Forget>
  std::vector<int> forgotten_by(const Forget& forget) {
    test::Wire wire;
    wire.answer_next(flows_);
    forget();
    std::vector<int> ids;
    const std::string sent = wire.sent(), id = "08000c00 ";  // CTA_ID
    for (std::size_t at = 0; (at = sent.find(id, at)) != std::string::npos; at += id.size())
      ids.push_back(std::stoi(sent.substr(at + id.size(), 2), nullptr, 16));
    return ids;
  }

 private:
  std::vector<net::NetlinkMessage> flows_;
};

// Catches: flows to a port that go on to the container before, and those of TCP, or to other ports,
// that are cut off.
TEST_F(Flows, ToAPortAreForgotten) {
  add(1, {"10.9.0.1", "10.0.0.4", 5353}, {"10.0.0.5", "10.9.0.1", 40000});
  add(2, {"10.9.0.1", "10.0.0.4", 53}, {"10.0.0.5", "10.9.0.1", 40000});
  add(3, {"10.9.0.1", "10.0.0.4", 5353}, {"10.0.0.5", "10.9.0.1", 40000}, IPPROTO_TCP);
  add(4, {"fd00::1", "fd00::4", 5353}, {"fd00::4", "fd00::1", 40000});
  add(5, {"10.0.0.5", "10.9.0.1", 5353}, {"10.9.0.1", "10.0.0.5", 40000});
  const auto is_local = [](const net::IpAddress& address) {
    return address == ip("10.0.0.4") || address == ip("fd00::4");
  };
  EXPECT_THAT(forgotten_by([&] {
                forget_flows_to({{"udp", 5353, {}}, {"tcp", 53, {}}}, is_local);
              }),
              testing::ElementsAre(1, 4));
}

// Catches: a flow to another address of the host, whose port it is not.
TEST_F(Flows, ToAPortOfOneAddressAreForgotten) {
  add(1, {"10.9.0.1", "10.0.0.4", 5353}, {"10.0.0.5", "10.9.0.1", 40000});
  add(2, {"10.9.0.1", "10.0.0.3", 5353}, {"10.0.0.5", "10.9.0.1", 40000});
  const HostPort port{"udp", 5353, ip("10.0.0.5"), 53, ip("10.0.0.4")};
  EXPECT_THAT(forgotten_by([&] { forget_flows_to({port}); }), testing::ElementsAre(1));
}

// Catches: a question to the kernel for each container that has no port of UDP.
TEST_F(Flows, AreNotAskedForWithoutUdp) {
  test::Wire wire;
  forget_flows_to({});
  forget_flows_to({{"tcp", 53, {}}});
  forget_flows_of({{"tcp", 53, ip("10.0.0.5")}});
  EXPECT_EQ(wire.sent(), "");
}

// Catches: a container's own flows cut off, or those of another container.
TEST_F(Flows, ThatWereLedToAContainerAreForgotten) {
  add(1, {"10.9.0.1", "10.0.0.4", 5353}, {"10.0.0.5", "10.9.0.1", 40000});
  add(2, {"10.9.0.1", "10.0.0.4", 5353}, {"10.0.0.6", "10.9.0.1", 40000});
  add(3, {"10.9.0.1", "10.0.0.5", 5353}, {"10.0.0.5", "10.9.0.1", 40000});
  add(4, {"fd00::1", "fd00::4", 5353}, {"fd00::5", "fd00::1", 40000});
  EXPECT_THAT(forgotten_by([] {
                forget_flows_of({{"udp", 5353, ip("10.0.0.5")}, {"udp", 5353, ip("fd00::5")}});
              }),
              testing::ElementsAre(1, 4));
}

// Catches: a container that can't be attached, or deleted, because this kernel tracks nothing.
TEST_F(Flows, MayBeRefused) {
  for (const int error : {EPERM, EINVAL}) {
    test::Wire wire;
    wire.fail_next(error);
    forget_flows_of({{"udp", 5353, ip("10.0.0.5")}});
    EXPECT_NE(wire.sent(), "");
  }
}

}  // namespace
}  // namespace azcni::network::conntrack
