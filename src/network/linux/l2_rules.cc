#include "l2_rules.h"

#include <linux/if_ether.h>

#include <algorithm>
#include <cerrno>

#include "azcni/base/error.h"
#include "naming.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/rule.h"

namespace azcni::network::l2 {
namespace {

// Above each rule: what `nft list ruleset` shows of it. GROUP (there a decimal number), NIC and MAC
// are the uplink's; rules of IPv6 have ip6, and sets whose names end with 6.

using nft::Batch;
using nft::Rule;

constexpr std::int32_t kDestinationNat = -300;  ///< priorities of the bridge family
constexpr std::int32_t kSourceNat = 300;
constexpr std::uint32_t kGroupBase = 0x617a0000;
constexpr std::uint32_t kTunnelBit = 0x8000;
const nft::Bytes kArpReply{0, 2};
constexpr nft::Field kFirstByteOfSource{nft::Field::Base::kLink, 6, 1};

struct Names {
  const char* containers;
  const char* host;
  const char* via_host;
  const char* direct;  ///< what containers send there does not go by the host: intervals
};
constexpr Names kNames4{"containers4", "host4", "via_host4", "direct4"};
constexpr Names kNames6{"containers6", "host6", "via_host6", "direct6"};

const Names& names_of(const net::IpAddress& address) {
  return address.is_ipv4() ? kNames4 : kNames6;
}

void add_sets(Batch& batch, const Names& names, nft::Type type) {
  batch.add_map({names.containers, {type}, {nft::Type::kMac}})
      .add_set({names.host, {type}})
      .add_set({names.via_host, {type}})
      .add_set({names.direct, {type}, true})
      .flush_set(names.host)
      .flush_set(names.via_host);
}

/// From a container to the host, to what is routed by the host, to another container (in tunnel
/// mode that goes to the fabric, as all else does), or to where the host's address stands for it.
void add_container_rules(Batch& batch, const Uplink& uplink, bool tunnel) {
  const std::uint32_t group = group_of(uplink.index, tunnel);
  // Nothing that a container says with a link-local source is anybody's business: its neighbours
  // are permanent, and a router advertisement of its would turn host and containers to it.
  // iifgroup GROUP meta protocol ip6 @nh,64,16 & 0xffc0 == 0xfe80 drop
  batch.add_rule("prerouting", Rule()
                                   .in_group(group)
                                   .protocol(ETH_P_IPV6)
                                   .matches(nft::kIp6SourceStart, {0xff, 0xc0}, {0xfe, 0x80})
                                   .drop());
  const auto add = [&](std::uint16_t protocol, const nft::Field& destination, const Names& names) {
    // iifgroup GROUP ip daddr @via_host4 ether daddr set MAC meta pkttype set host accept
    // iifgroup GROUP ip daddr @host4 ether daddr set MAC meta pkttype set host accept
    for (const char* set : {names.via_host, names.host}) {
      batch.add_rule("prerouting", Rule()
                                       .in_group(group)
                                       .protocol(protocol)
                                       .is_in(destination, set)
                                       .set(nft::kEtherDestination, nft::bytes_of(uplink.mac))
                                       .pkttype_host());
    }
    // iifgroup GROUP ether daddr set ip daddr map @containers4 accept
    if (!tunnel) {
      batch.add_rule("prerouting",
                     Rule()
                         .in_group(group)
                         .protocol(protocol)
                         .set_from_map(nft::kEtherDestination, destination, names.containers)
                         .accept());
    }
    // iifgroup GROUP ip daddr != @direct4 ether daddr set MAC meta pkttype set host accept
    batch.add_rule("prerouting", Rule()
                                     .in_group(group)
                                     .protocol(protocol)
                                     .is_not_in(destination, names.direct)
                                     .set(nft::kEtherDestination, nft::bytes_of(uplink.mac))
                                     .pkttype_host());
  };
  add(ETH_P_IP, nft::kIp4Destination, kNames4);
  add(ETH_P_IPV6, nft::kIp6Destination, kNames6);
}

/// From the fabric: all containers share the NIC's MAC address there, so their IP address decides.
void add_ingress_rules(Batch& batch, const std::string& nic) {
  const auto to_container = [&](std::uint16_t protocol, const nft::Field& destination,
                                const Names& names) {
    // iifname "NIC" ether daddr set ip daddr map @containers4 accept
    batch.add_rule("prerouting",
                   Rule()
                       .in_interface(nic)
                       .protocol(protocol)
                       .set_from_map(nft::kEtherDestination, destination, names.containers)
                       .accept());
  };
  to_container(ETH_P_IP, nft::kIp4Destination, kNames4);
  to_container(ETH_P_IPV6, nft::kIp6Destination, kNames6);
  // iifname "NIC" arp operation reply ether daddr set arp daddr ip map @containers4 accept
  batch.add_rule("prerouting",
                 Rule()
                     .in_interface(nic)
                     .protocol(ETH_P_ARP)
                     .equals(nft::kArpOperation, kArpReply)
                     .set_from_map(nft::kEtherDestination, nft::kArpTargetIp, kNames4.containers)
                     .accept());
}

/// To the fabric: it drops every frame, and every ARP message, whose source is not the NIC.
void add_egress_rules(Batch& batch, const Uplink& uplink) {
  const nft::Bytes mac = nft::bytes_of(uplink.mac);
  // oifname "NIC" arp saddr ether set MAC
  batch.add_rule("postrouting",
                 Rule().out_interface(uplink.nic).protocol(ETH_P_ARP).set(nft::kArpSenderMac, mac));
  // oifname "NIC" @ll,48,8 & 0x1 == 0x0 ether saddr set MAC accept
  batch.add_rule("postrouting", Rule()
                                    .out_interface(uplink.nic)
                                    .matches(kFirstByteOfSource, {1}, {0})  // no group address
                                    .set(nft::kEtherSource, mac)
                                    .accept());
}

void add_chains(Batch& batch) {
  batch.add_chain("prerouting", nft::Hook::kPrerouting, kDestinationNat);
  batch.add_chain("postrouting", nft::Hook::kPostrouting, kSourceNat);
}

void add_rules(Batch& batch, const Uplink& uplink) {
  for (const bool tunnel : {true, false}) add_container_rules(batch, uplink, tunnel);
  add_ingress_rules(batch, uplink.nic);
  add_egress_rules(batch, uplink);
}

/// The whole table but for what is in its sets; what is there of it stays, rules are made anew.
void add_all(Batch& batch, const Uplink& uplink) {
  batch.add_table();
  add_sets(batch, kNames4, nft::Type::kIp4);
  add_sets(batch, kNames6, nft::Type::kIp6);
  add_chains(batch);
  batch.flush_rules();
  add_rules(batch, uplink);
}

/// Of several networks on one NIC, those that masquerade decide: the others' packets only make a
/// detour by the host.
void set_direct(Batch& batch, net::Netlink& socket, const Uplink& uplink) {
  for (const auto& [names, family] :
       {std::pair{kNames4, net::Family::kIpv4}, std::pair{kNames6, net::Family::kIpv6}}) {
    std::vector<net::Prefix> direct;
    for (const net::Prefix& prefix : uplink.direct) {
      if (prefix.address.family() == family) direct.push_back(prefix);
    }
    if (direct.empty()) {
      if (!nft::list_elements(socket, table_of(uplink.nic), names.direct).empty()) continue;
      direct = {net::Prefix::everything(family)};
    }
    batch.flush_set(names.direct).add_prefixes(names.direct, direct);
  }
}

net::IpAddress ip_of(const nft::Bytes& bytes) {
  return {bytes.size() == 4 ? net::Family::kIpv4 : net::Family::kIpv6, bytes};
}

}  // namespace

std::uint32_t group_of(unsigned nic_index, bool tunnel) {
  return kGroupBase | (nic_index & 0x7fff) | (tunnel ? kTunnelBit : 0);
}

nft::Table table_of(const std::string& nic) { return {nft::Family::kBridge, kTablePrefix + nic}; }

void install(net::Netlink& socket, const Uplink& uplink, const std::vector<Container>& containers) {
  Batch batch(table_of(uplink.nic));
  add_all(batch, uplink);
  for (const net::IpAddress& address : uplink.host) {
    batch.add_element(names_of(address).host, nft::bytes_of(address));
  }
  for (const net::IpAddress& address : uplink.via_host) {
    batch.add_element(names_of(address).via_host, nft::bytes_of(address));
  }
  set_direct(batch, socket, uplink);
  // The maps are not emptied: another ADD may be putting its container there at this moment.
  const std::vector<Container> present = list(socket, uplink.nic);
  for (const Container& each : containers) {
    const char* map = names_of(each.address).containers;
    const auto same_address = [&](const Container& other) { return other.address == each.address; };
    const auto stale = std::find_if(present.begin(), present.end(), same_address);
    if (stale != present.end() && stale->mac == each.mac) continue;
    if (stale != present.end()) batch.delete_element(map, nft::bytes_of(each.address));
    batch.add_element(map, nft::bytes_of(each.address), nft::bytes_of(each.mac));
  }
  batch.commit(socket, "make it");
}

void probe(net::Netlink& socket) {
  Batch batch(table_of("probe of doctor"));
  add_all(batch, {});
  batch.delete_table().commit(socket, "probe what the kernel can do");
}

bool is_installed(net::Netlink& socket, const std::string& nic) {
  Batch unused(table_of(nic));
  add_rules(unused, {});  // as many for every NIC
  return nft::count_rules(socket, table_of(nic)) == unused.rule_count();
}

void remove(net::Netlink& socket, const std::string& nic) {
  Batch(table_of(nic)).add_table().delete_table().commit(socket, "remove it");
}

void add(net::Netlink& socket, const std::string& nic, const Container& container) {
  const char* map = names_of(container.address).containers;
  const nft::Bytes key = nft::bytes_of(container.address), value = nft::bytes_of(container.mac);
  try {
    Batch(table_of(nic))
        .add_element(map, key, value)
        .commit(socket, "add " + net::to_string(container.address));
  } catch (const Error& error) {
    // Kernels differ in how they say that the map has the address with another MAC.
    if (error.system_code() != EEXIST && error.system_code() != EBUSY) throw;
    // Left by a container that is gone: its address was given to this one.
    Batch(table_of(nic))
        .delete_element(map, key)
        .add_element(map, key, value)
        .commit(socket, "replace " + net::to_string(container.address));
  }
}

void remove(net::Netlink& socket, const std::string& nic, const Container& container) {
  const std::vector<Container> present = list(socket, nic);
  if (std::find(present.begin(), present.end(), container) == present.end()) return;
  Batch(table_of(nic))
      .delete_element(names_of(container.address).containers, nft::bytes_of(container.address))
      .commit(socket, "remove " + net::to_string(container.address));
}

std::vector<Container> list(net::Netlink& socket, const std::string& nic) {
  std::vector<Container> containers;
  for (const Names& names : {kNames4, kNames6}) {
    for (const auto& [key, value] : nft::list_elements(socket, table_of(nic), names.containers)) {
      net::MacAddress mac;
      std::copy_n(value.begin(), std::min(value.size(), mac.bytes.size()), mac.bytes.begin());
      containers.push_back({ip_of(key), mac});
    }
  }
  return containers;
}

std::vector<std::string> nics_of(const std::vector<nft::Table>& tables) {
  std::vector<std::string> nics;
  const std::string prefix = kTablePrefix;
  for (const nft::Table& table : tables) {
    if (table.family == nft::Family::kBridge && table.name.rfind(prefix, 0) == 0)
      nics.push_back(table.name.substr(prefix.size()));
  }
  return nics;
}

}  // namespace azcni::network::l2
