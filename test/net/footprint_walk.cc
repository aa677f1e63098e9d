// On a node with one attachment: takes away each object of its footprint in turn, and sees that it
// is missed, with what it takes along and no more, and that it can be put back. Run within the
// node.
//
// With a container's id, for a test that has others repair it: `list` prints what it has on the
// host, `take NUMBER` takes away one of these, `missing` prints what is not there.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "azcni/base/file.h"
#include "kernel.h"
#include "modes/mode.h"

namespace {

using namespace azcni;
using namespace azcni::network;

template <typename Record>
Record only(const std::string& folder, const std::string& begin = "") {
  const std::string path = "/run/azure-vnet/" + folder;
  std::vector<std::string> names = file::list(path);
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(begin); });
  if (names.size() != 1) throw std::runtime_error(path + " has not just one record");
  return Json::parse(file::read(path + "/" + names.front(), 1 << 20).value()).get<Record>();
}

/// The command that takes an object away; empty for what only Kernel can.
std::string undoing(const LinkUp& it) { return "ip link set " + it.link + " down"; }
std::string undoing(const Loopback&) { return {}; }
std::string undoing(const Peer& it) {
  return "ip link set " + it.link + " address 02:00:00:00:00:09";
}
std::string undoing(const Veth& it) { return "ip link set " + it.link + " group 7"; }
std::string undoing(const BridgePort& it) {
  return "bridge link set dev " + it.link + " hairpin " + (it.hairpin ? "off" : "on");
}
std::string undoing(const FdbEntry& it) {
  return "bridge fdb del " + net::to_string(it.mac) + " dev " + it.link + " master";
}
std::string undoing(const Address& it) {
  return "ip address del " + net::to_string(it.prefix) + " dev " + it.link;
}
std::string undoing(const Route& it) {
  return std::string("ip ") + (it.destination.address.is_ipv4() ? "" : "-6 ") + "route del " +
         net::to_string(it.destination) + " dev " + it.link +
         (it.metrics.table ? " table " + std::to_string(*it.metrics.table) : "");
}
std::string undoing(const Neighbour& it) {
  return "ip neigh del " + net::to_string(it.address) + " dev " + it.link;
}
std::string undoing(const Unreachable&) { return {}; }
std::string undoing(const PolicyRule&) { return {}; }
std::string undoing(const HostNics&) { return {}; }
std::string undoing(const Shaper& it) { return "tc qdisc del dev " + it.link + " root"; }
std::string undoing(const LoopbackFilter& it) { return "tc qdisc del dev " + it.link + " clsact"; }
std::string undoing(const Sysctl& it) {
  return "echo " + std::string(it.value == "0" ? "1" : "0") + " > /proc/sys/net/" + it.name;
}
std::string undoing(const nft::Ruleset& it) { return "nft flush table " + to_string(it.table); }
std::string undoing(const Uplink& it) { return "ip link set " + it.nic + " mtu 1400"; }
std::string undoing(const Element&) { return {}; }
std::string undoing(const ForeignAccept&) { return {}; }
std::string undoing(const LegacyAccept&) { return {}; }

/// What the kernel removes when this is taken away: by the link that both are on.
template <typename Gone>
bool takes_along(const Gone&, const Value&) {
  return false;
}
bool takes_along(const LinkUp& gone, const Value& other) {
  const auto* route = std::get_if<Route>(&other);
  const auto* neighbour = std::get_if<Neighbour>(&other);
  return (route != nullptr && route->link == gone.link) ||
         (neighbour != nullptr && neighbour->link == gone.link);
}
bool takes_along(const Peer& gone, const Value& other) {
  const auto* neighbour = std::get_if<Neighbour>(&other);
  return neighbour != nullptr && neighbour->link == gone.link;
}
/// With the only address of a link go its routes, and in IPv4 its neighbours.
bool takes_along(const Address& gone, const Value& other) {
  const net::Family family = gone.prefix.address.family();
  if (const auto* route = std::get_if<Route>(&other))
    return route->link == gone.link && route->destination.address.family() == family;
  const auto* neighbour = std::get_if<Neighbour>(&other);
  return neighbour != nullptr && neighbour->link == gone.link && neighbour->address.is_ipv4() &&
         family == net::Family::kIpv4;
}

Objects gone_with(const Object& gone, const Objects& all) {
  Objects objects;
  std::copy_if(all.begin(), all.end(), std::back_inserter(objects), [&](const Object& each) {
    return each == gone ||
           std::visit([&](const auto& it) { return takes_along(it, each.value); }, gone.value);
  });
  return objects;
}

struct Node {
  explicit Node(const std::string& container = "")
      : endpoint(only<EndpointRecord>("endpoints", container)) {}

  NicRecord nic = only<NicRecord>("nics");
  NetworkRecord network = only<NetworkRecord>("networks");
  EndpointRecord endpoint;
  Footprint attachment = footprint_of(network, endpoint);
  Footprint whole = [this] {
    Footprint all = footprint_of(nic, {network});
    all += footprint_of(network);
    return all += attachment;
  }();

  Footprint missing() const { return Kernel(endpoint.spec.sandbox).missing(whole); }

  void take_away(const Object& object, bool in_container) const {
    const std::string command =
        std::visit([](const auto& each) { return undoing(each); }, object.value);
    if (command.empty()) {
      Kernel(endpoint.spec.sandbox).remove({{object}, {}}, Level::kNode);
      return;
    }
    const std::string inside = "nsenter --net=" + endpoint.spec.sandbox + " ";
    const std::string line = (in_container ? inside + "sh -c '" + command + "'" : command);
    if (std::system(line.c_str()) != 0) throw std::runtime_error(line);
  }

  void put_back(const Object& object) const {
    // A MAC address and an MTU that somebody changed are told, and not changed back.
    if (const auto* peer = std::get_if<Peer>(&object.value)) {
      const std::string command = "nsenter --net=" + endpoint.spec.sandbox + " ip link set " +
                                  peer->link + " address " + net::to_string(peer->mac);
      if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
    } else if (const auto* uplink = std::get_if<Uplink>(&object.value)) {
      const std::string command =
          "ip link set " + uplink->nic + " mtu " + std::to_string(uplink->mtu);
      if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
    }
    Kernel(endpoint.spec.sandbox).put(whole);
  }
};

/// To switch IPv6 forwarding off flushes the host's routes; iptables-legacy is not in use here,
/// there is one NIC, and lo is never missing.
bool can_be_taken(const Object& object) {
  return to_string(object) != "sysctl -w net/ipv6/conf/all/forwarding=1" &&
         !std::holds_alternative<LegacyAccept>(object.value) &&
         !std::holds_alternative<HostNics>(object.value) &&
         !std::holds_alternative<Loopback>(object.value);
}

int walk() {
  const Node node;
  int failures = 0, count = 0;
  const auto fail = [&](const std::string& what) {
    std::printf("%s\n", what.c_str());
    ++failures;
  };
  const auto list = [&](const std::string& title, const Footprint& footprint) {
    for (const Object& each : footprint.host) fail(title + to_string(each));
    for (const Object& each : footprint.container)
      fail(title + "in the container " + to_string(each));
  };
  list("missing from the beginning: ", node.missing());
  const auto visit = [&](const Objects& objects, bool in_container) {
    for (const Object& object : objects) {
      if (!can_be_taken(object)) continue;
      ++count;
      node.take_away(object, in_container);
      Footprint expected, missing = node.missing();
      (in_container ? expected.container : expected.host) = gone_with(object, objects);
      list("not missed without `" + to_string(object) + "`: ", without(expected, missing));
      list("missed without `" + to_string(object) + "`: ", without(missing, expected));
      node.put_back(object);
      list("still missing after `" + to_string(object) + "` was put back: ", node.missing());
    }
  };
  visit(node.whole.host, false);
  visit(node.whole.container, true);
  std::printf("%d objects\n", count);
  return failures == 0 ? 0 : 1;
}

/// A line each: of a ruleset the first of many.
void print(const Objects& objects) {
  for (const Object& each : objects) {
    const std::string text = to_string(each);
    std::printf("%s\n", text.substr(0, text.find('\n')).c_str());
  }
}

int serve(const std::string& container, const std::string& word, std::size_t number) {
  const Node node(container);
  const Objects& host = node.whole.host;
  if (word == "list") {
    print(host);
    return 0;
  }
  if (word == "take" && can_be_taken(host.at(number))) node.take_away(host[number], false);
  const Footprint missing = node.missing();
  print(missing.host);
  if (word == "missing") print(missing.container);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 2) return serve(argv[1], argv[2], argc > 3 ? std::stoul(argv[3]) : 0);
    return walk();
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
