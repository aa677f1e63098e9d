// What Kernel does where objects are there already, or are another's.

#include "kernel.h"

#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <utility>

#include "azcni/base/error.h"
#include "host_configs.h"
#include "node_table.h"
#include "objects/objects.h"
#include "owner.h"
#include "requests.h"

namespace azcni::network {
namespace {

using test::ip;
using test::kMac;
using test::prefix;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr unsigned kAzv1 = 7, kElsewhere = 1;  // lo
constexpr net::MacAddress kAnotherMac{{0x0a, 8, 8, 8, 8, 8}};

class KernelCalls : public ::testing::Test {
 protected:
  /// Of the messages that were sent since the last call: those of these kinds.
  std::vector<std::string> calls() {
    static const std::map<std::string, std::string> names{
        {"0x0012", "link?"},    {"0x0014", "address+"}, {"0x0018", "route+"},
        {"0x0019", "route-"},   {"0x001a", "route?"},   {"0x001c", "neigh+"},
        {"0x001d", "neigh-"},   {"0x001e", "neigh?"},   {"0x0a00", "table+"},
        {"0x0a0c", "element+"}, {"0x0a0d", "element?"}, {"0x0a0e", "element-"},
    };
    std::vector<std::string> found;
    std::istringstream text(wire_.sent());
    for (std::string word; text >> word;) {
      if (word != "type") continue;
      text >> word;
      if (const auto name = names.find(word); name != names.end()) found.push_back(name->second);
    }
    return found;
  }

  void answer(net::NetlinkMessage message) {
    test::Messages objects;
    objects.push_back(std::move(message));
    wire_.answer_next(objects);
  }
  void answer_nothing() { wire_.answer_next({}); }
  net::NetlinkMessage link(const net::MacAddress& mac = kMac, unsigned mtu = 1500) const {
    ifinfomsg header{};
    header.ifi_index = kAzv1;
    net::NetlinkMessage message(RTM_NEWLINK, 0, header);
    message.put(IFLA_ADDRESS, mac).put_u32(IFLA_MTU, mtu).put_u32(IFLA_GROUP, 5);
    return message;
  }

  test::Wire wire_;
  Kernel kernel_;
};

const Object kAddress{Address{"azv1", prefix("10.0.0.5/32")}};
const Object kNeighbour{Neighbour{"azv1", ip("10.0.0.5"), kMac}};
const Object kRoute{Route{"azv1", prefix("10.0.0.5/32")}};

// Catches: frames that go to the fabric and come back since a NIC's rules come after its ways.
TEST_F(KernelCalls, PutWhatIsOfTheNicLast) {
  Object of_nic = kNeighbour;
  of_nic.level = Level::kNic;
  answer(link());
  kernel_.put({{of_nic, {nft::Ruleset{{nft::Family::kInet, "guard"}}}, kAddress, kRoute}, {}});
  EXPECT_THAT(calls(), ElementsAre("link?", "address+", "route+", "table+", "table+", "neigh+"));
}

TEST_F(KernelCalls, PutWhatIsThereAlready) {
  answer(link());
  for (const int error : {0, EEXIST, EEXIST}) wire_.fail_next(error);
  EXPECT_NO_THROW(kernel_.put({{kAddress, kNeighbour}, {}}));
}

// Catches: a failure that does not say of what, and what to do.
TEST_F(KernelCalls, NameTheObjectThatIsRefused) {
  for (const auto& [error, advice] : std::map<int, std::string>{
           {ENOBUFS, "the node is short of memory"},
           {EPERM, "azure-vnet must run as root, with CAP_NET_ADMIN"},
           {ENODEV, "the link was deleted meanwhile: try again"},
           {EOPNOTSUPP, "this kernel can't do that: `azure-vnet doctor` says what it lacks"},
           {EINVAL, ""}}) {
    Kernel kernel;
    answer(link());
    wire_.fail_next(0);
    wire_.fail_next(error);
    try {
      kernel.put({{kAddress}, {}});
      ADD_FAILURE() << error;
    } catch (const Error& failure) {
      EXPECT_THAT(failure.what(),
                  StartsWith("add `ip address add 10.0.0.5/32 dev azv1 noprefixroute`: "));
      EXPECT_EQ(failure.details(), advice);
      EXPECT_EQ(failure.system_code(), error);
    }
  }
}

class PutRoute : public KernelCalls {
 protected:
  /// Puts a route where the kernel has this one, of static routes.
  std::string put_beside(const Route& wanted, unsigned there_dev, unsigned char protocol,
                         std::uint32_t bridge_group = 0) {
    const net::Prefix& to = wanted.destination;
    const rtmsg header{AF_INET,  to.length,     0,           0, RT_TABLE_MAIN,
                       protocol, RT_SCOPE_LINK, RTN_UNICAST, 0};
    net::NetlinkMessage there(RTM_NEWROUTE, 0, header);
    if (to.length > 0) there.put(RTA_DST, to.address);
    there.put_u32(RTA_OIF, there_dev);
    answer(link());
    answer_nothing();
    answer(std::move(there));
    if (bridge_group != 0) answer(bridge(bridge_group));
    wire_.fail_next(0);
    wire_.fail_next(EEXIST);
    return test::failure_of([&] { kernel_.put({{{wanted}}, {}}); });
  }
  static net::NetlinkMessage bridge(std::uint32_t group) {
    net::NetlinkMessage message(RTM_NEWLINK, 0, ifinfomsg{});
    message.put_u32(IFLA_GROUP, group).nest(IFLA_LINKINFO, [&] {
      message.put(IFLA_INFO_KIND, std::string_view("bridge"));
    });
    return message;
  }

  const Route to_container_{"azv1", prefix("10.0.0.5/32")};
};

TEST_F(PutRoute, IsDoneWhereItIsThere) {
  EXPECT_EQ(put_beside(to_container_, kAzv1, RTPROT_STATIC), "");
  EXPECT_THAT(calls(), ElementsAre("link?", "route+", "route?"));
}

// Catches: an ADD that fails for the route of a container that is gone.
TEST_F(PutRoute, ReplacesThatToAContainerThatIsGone) {
  EXPECT_EQ(put_beside(to_container_, kElsewhere, RTPROT_STATIC, kBridgeGroup), "");
  EXPECT_THAT(calls(), ElementsAre("link?", "route+", "route?", "link?", "route+"));
}

// Catches: a living container's route, by its own link, that another one takes.
TEST_F(PutRoute, LeavesThatByAnotherLink) {
  EXPECT_THAT(put_beside(to_container_, kElsewhere, RTPROT_STATIC, 7),
              StartsWith("100 add `ip route add 10.0.0.5/32 dev azv1`: there is another route to "
                         "that already: `ip route add 10.0.0.5/32 dev lo`"));
}

// Catches: a route of the administrator's that is replaced, or in the way without a name.
TEST_F(PutRoute, FailsBesideThatOfSomebodyElse) {
  EXPECT_THAT(put_beside(to_container_, kElsewhere, RTPROT_BOOT),
              StartsWith("100 add `ip route add 10.0.0.5/32 dev azv1`: there is another route to "
                         "that already: `ip route add 10.0.0.5/32 dev "));
  EXPECT_THAT(calls(), ElementsAre("link?", "route+", "route?"));
}

// Catches: a second interface that takes the default route of the first, or has none.
TEST_F(PutRoute, GoesBehindAnotherWhereItMay) {
  Route by_default{"azv1", prefix("0.0.0.0/0")};
  by_default.behind = true;
  EXPECT_EQ(put_beside(by_default, kElsewhere, RTPROT_BOOT), "");
  const std::string sent = wire_.sent();
  EXPECT_NE(sent.find("08000600 d7070000"), std::string::npos) << "metric 2007: " << sent;
}

class RemoveObjects : public KernelCalls {
 protected:
  void remove_where_neighbour_has(const net::MacAddress& mac) {
    answer(link());
    answer(link());
    net::NetlinkMessage neighbour(RTM_NEWNEIGH, 0, ndmsg{});
    neighbour.put(NDA_LLADDR, mac);
    answer(std::move(neighbour));
    kernel_.remove({{kNeighbour, kRoute}, {}});
  }
};

TEST_F(RemoveObjects, GoesBackwards) {
  remove_where_neighbour_has(kMac);
  std::vector<std::string> sent = calls();
  std::erase(sent, "link?");
  EXPECT_THAT(sent, ElementsAre("neigh?", "route-", "neigh-"));
}

// Catches: a late DEL that cuts off the next container of its address.
TEST_F(RemoveObjects, SparesTheWaysOfTheNextContainer) {
  remove_where_neighbour_has(kAnotherMac);
  std::vector<std::string> sent = calls();
  std::erase(sent, "link?");
  EXPECT_THAT(sent, ElementsAre("neigh?"));
}

TEST_F(RemoveObjects, LeavesWhatIsOfTheNetwork) {
  Object of_network = kRoute;
  of_network.level = Level::kNetwork;
  kernel_.remove({{of_network}, {}});
  EXPECT_THAT(calls(), IsEmpty());
  kernel_.remove({{of_network}, {}}, Level::kNetwork);
  EXPECT_THAT(calls(), testing::Contains("route-"));
}

// Catches: a DEL that fails since its link went with the container.
TEST_F(RemoveObjects, IsFineWithoutItsLink) {
  for (int i = 0; i < 2; ++i) wire_.fail_next(ENODEV);
  kernel_.remove({{kRoute, kAddress}, {}});
  EXPECT_THAT(calls(), testing::Each("link?"));
}

TEST_F(KernelCalls, SayWhatIsMissing) {
  answer(link());
  answer_nothing();
  const Footprint wanted{{{LinkUp{"azv1"}}, kRoute}, {}};
  EXPECT_EQ(kernel_.missing(wanted), wanted) << "the link is down, and has no route";
  const Footprint container{{}, {kAddress}};
  EXPECT_EQ(Kernel("/absent").missing(container), container);
}

Veth veth_of(const net::MacAddress& mac, unsigned mtu) {
  return {"azv1", mac, mtu, 5, "", "eth0", kMac};
}

// Catches: the link of another life of the pod corrected, or deleted, for this one's.
TEST_F(KernelCalls, KnowAVethByItsMac) {
  Namespace& host = kernel_.host();
  const auto with = [&](const auto& change) {
    answer(link(kMac, 1400));
    const bool is_ours = change();
    const std::string sent = wire_.sent();
    return std::pair(is_ours, std::count(sent.begin(), sent.end(), 't'));  // of "type"
  };
  EXPECT_EQ(with([&] { return correct(veth_of(kMac, 1400), host); }), std::pair(true, 1L));
  EXPECT_EQ(with([&] { return correct(veth_of(kMac, 1500), host); }), std::pair(true, 2L));
  EXPECT_EQ(with([&] { return correct(veth_of(kMac, 0), host); }), std::pair(true, 1L));
  EXPECT_EQ(with([&] { return correct(veth_of(kAnotherMac, 1400), host); }), std::pair(false, 1L));
  EXPECT_EQ(with([&] { return remove(veth_of(kMac, 1400), host); }), std::pair(true, 2L));
  EXPECT_EQ(with([&] { return remove(veth_of(kAnotherMac, 1400), host); }), std::pair(false, 1L));
}

/// An element with a value, or none: what the kernel says of a key.
class Elements : public KernelCalls {
 protected:
  void answer_with(const Element& element) {
    constexpr int kNewElement = nft::kSubsystem | 12, kElements = 3, kElement = 1;
    constexpr int kKey = 1, kData = 2, kUserData = 6;
    net::NetlinkMessage list(kNewElement, 0, std::uint32_t{0});
    const auto put_value = [&](int type, const nft::Bytes& value) {
      list.nest(type, [&] { list.put(1, value.data(), value.size()); });
    };
    const std::string comment = {'\0', static_cast<char>(element.owner.size() + 1)};
    list.nest(kElements, [&] {
      list.nest(kElement, [&] {
        put_value(kKey, element.key);
        put_value(kData, element.value);
        const std::string all = comment + element.owner;
        list.put(kUserData, all.c_str(), all.size() + 1);
      });
    });
    answer(std::move(list));
  }
  std::string put(const Element& element) {
    return test::failure_of([&] {
      nft::Transaction transaction;
      append_creation(element, netlink_, transaction);
      transaction.commit(netlink_, "put");
    });
  }

  static Element port_of(const EndpointId& id, const char* container) {
    return node_table::element_of({"tcp", 8080, ip(container), 80}, owner_of(id));
  }

  const EndpointId self_{"self", "eth0"}, other_{"other", "eth0"};
  net::Netlink netlink_{NETLINK_NETFILTER};
};

TEST_F(Elements, AreAddedWhereThereIsNone) {
  wire_.fail_next(ENOENT);
  EXPECT_EQ(put(port_of(self_, "10.0.0.5")), "");
  EXPECT_THAT(calls(), ElementsAre("element?", "element?", "element?", "element+"));
}

TEST_F(Elements, AreLeftWhereTheyAreTheSame) {
  answer_with(port_of(self_, "10.0.0.5"));
  EXPECT_EQ(put(port_of(self_, "10.0.0.5")), "");
  EXPECT_THAT(calls(), ElementsAre("element?"));
}

// Catches: an element of an older version that never gets its owner.
TEST_F(Elements, GetTheirOwner) {
  Element element = port_of(self_, "10.0.0.5");
  element.port.reset();
  Element old = element;
  old.owner.clear();
  answer_with(old);
  EXPECT_EQ(put(element), "");
  EXPECT_THAT(calls(), ElementsAre("element?", "element-", "element+"));
}

// Catches: a port of the host that is taken from a container which lives.
TEST_F(Elements, DoNotTakeAPortOfAContainerThatIsThere) {
  for (int i = 0; i < 2; ++i) answer_with(port_of(other_, "10.0.0.6"));
  answer_nothing();  // of one address
  answer(link(host_mac(other_)));
  EXPECT_EQ(put(port_of(self_, "10.0.0.5")),
            "107 port 8080 of the host (tcp, for port 80 of 10.0.0.5) leads to container "
            "other@eth0 already");
  EXPECT_THAT(calls(), ElementsAre("element?", "element?", "element?", "link?"));
}

// Catches: a port that nobody can have since a container of the past had it.
TEST_F(Elements, TakeAPortOfAContainerThatIsGone) {
  for (int i = 0; i < 2; ++i) answer_with(port_of(other_, "10.0.0.6"));
  answer_nothing();
  answer(link());
  EXPECT_EQ(put(port_of(self_, "10.0.0.5")), "");
  EXPECT_THAT(calls(),
              ElementsAre("element?", "element?", "element?", "link?", "element-", "element+"));
}

// Catches: an element of the next container that a late DEL removes.
TEST_F(Elements, OfAnotherAreNotRemoved) {
  const auto removal = [&](Element there, const std::string& owner) {
    there.owner = owner;
    answer_with(there);
    nft::Transaction transaction;
    append_removal(port_of(self_, "10.0.0.5"), netlink_, transaction);
    transaction.commit(netlink_, "remove");
    return calls();
  };
  const Element own = port_of(self_, "10.0.0.5"), elsewhere = port_of(self_, "10.0.0.6");
  EXPECT_THAT(removal(own, own.owner), ElementsAre("element?", "element-"));
  EXPECT_THAT(removal(own, owner_of(other_)), ElementsAre("element?"))
      << "the address has passed to another container, and the port with it";
  EXPECT_THAT(removal(own, ""), ElementsAre("element?", "element-")) << "of an older version";
  EXPECT_THAT(removal(elsewhere, ""), ElementsAre("element?"));
}

}  // namespace
}  // namespace azcni::network
