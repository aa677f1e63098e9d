#include "inet_table.h"

#include <algorithm>

#include "azcni/net/azure.h"
#include "naming.h"
#include "nft/side.h"
#include "node_table.h"
#include "owner.h"

namespace azcni::network::inet_table {
namespace {

using nft::Rule;
using nft::Ruleset;
using nft::Side;

/// After kube-proxy's.
constexpr std::int32_t kSourceNat = 110;
constexpr const char* kChain = "postrouting";

void add_rules(Ruleset& table, const Side& side, const NetworkSpec& network,
               const std::vector<net::Prefix>& exceptions) {
  const std::string pods = side.set("pods");
  const nft::Set vnet{side.set("vnet"), {side.address}, true};
  table.sets.insert(table.sets.end(), {vnet, {pods, {side.address}}});
  table.contents.emplace_back(vnet, exceptions);
  if (network.mode == Mode::kTunnel) {
    // A Service whose backend is on this node: its answer goes to the fabric as all else, unless
    // the host asks. Others keep their address: by a NodePort, say.
    table.rules.emplace_back(kChain, Rule()
                                         .was_dnated()
                                         .family(side.family)
                                         .is_in(side.source, pods)
                                         .is_in(side.destination, pods)
                                         .masquerade());
  }
  if (exceptions.empty()) return;
  table.rules.emplace_back(kChain, Rule()
                                       .family(side.family)
                                       .is_in(side.source, pods)
                                       .is_not_in(side.destination, vnet.name)
                                       .fib_daddr_local(false)
                                       .masquerade());
}

}  // namespace

nft::Table table_of(const std::string& network) {
  return {nft::Family::kInet, kTablePrefix + network};
}

nft::Ruleset ruleset_of(const NetworkSpec& network) {
  Ruleset table{table_of(network.name)};
  table.chains = {{kChain, nft::Hook::kPostrouting, kSourceNat, nft::ChainType::kNat}};
  const auto exceptions = masquerade_exceptions(network.routing);
  for (const Side& side : nft::kSides) add_rules(table, side, network, side.of(exceptions));
  return table;
}

std::vector<net::Prefix> masquerade_exceptions(const HostRouting& routing) {
  if (!routing.masquerade) return {};
  std::vector<net::Prefix> all = routing.vnet;
  const auto append = [&](std::initializer_list<const char*> texts) {
    for (const char* text : texts) all.push_back(net::parse_prefix(text).value());
  };
  if (all.empty())
    append({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"});
  const bool has4 = !nft::kSides[0].of(all).empty();
  const bool has6 = !nft::kSides[1].of(all).empty();
  if (has4) {
    all.push_back(net::Prefix::single(net::azure::kWireserver));
    append({"224.0.0.0/4", "255.255.255.255/32"});
  }
  if (has6) append({"fe80::/10", "ff00::/8"});
  return all;
}

std::vector<net::Prefix> unseen_by_all(const std::vector<NetworkRecord>& networks) {
  std::vector<net::Prefix> all;
  for (const Side& side : nft::kSides) {
    std::optional<std::vector<net::Prefix>> unseen;
    for (const NetworkRecord& network : networks) {
      const auto more = side.of(masquerade_exceptions(network.spec.routing));
      if (more.empty()) continue;  // it does not masquerade them
      const auto is_seen = [&](const net::Prefix& prefix) {
        return std::none_of(more.begin(), more.end(), [&](const net::Prefix& each) {
          return each.length <= prefix.length && each.contains(prefix.address);
        });
      };
      if (unseen) {
        std::erase_if(*unseen, is_seen);
      } else {
        unseen = more;
      }
    }
    if (unseen) all.insert(all.end(), unseen->begin(), unseen->end());
  }
  return all;
}

Objects elements_of(const EndpointRecord& endpoint) {
  Objects elements;
  for (const net::Prefix& each : endpoint.addressing.addresses) {
    elements.push_back({Element{table_of(endpoint.spec.network),
                                nft::side_of(each.address).set("pods"),
                                nft::bytes_of(each.address),
                                {},
                                net::to_string(each.address),
                                owner_of(endpoint.spec.id)}});
  }
  return elements;
}

Objects former_elements_of(const EndpointRecord& endpoint) {
  Objects elements;
  for (const Object& each : node_table::elements_of(endpoint)) {
    Element element = std::get<Element>(each.value);
    if (!element.port) continue;
    element.table = table_of(endpoint.spec.network);
    elements.push_back({element});
  }
  return elements;
}

}  // namespace azcni::network::inet_table
