// Every nfnetlink message that the Linux backend sends, as bytes: tables, rules, elements, flows.

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>

#include "bridge_table.h"
#include "conntrack.h"
#include "golden.h"
#include "inet_table.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/socket.h"
#include "node_table.h"
#include "objects/objects.h"

namespace azcni::network {
namespace {

using test::Golden;
using test::ip;
using test::kMac;
using test::prefix;

void put(net::Netlink& nft, const nft::Ruleset& ruleset) {
  nft::Transaction transaction;
  append(transaction.of(ruleset.table), ruleset);
  transaction.commit(nft, "put");
}

// Catches: another rule, or another order, in the table of a NIC below a bridge.
TEST(NftGolden, TheBridgesTable) {
  Golden golden("nft_bridge");
  net::Netlink nft(NETLINK_NETFILTER);
  const nft::Ruleset table = bridge_table::ruleset_of({"eth0",
                                                       kMac,
                                                       2,
                                                       {ip("10.240.1.4"), ip("fd00:1::4")},
                                                       {*net::parse_network("169.254.20.10")},
                                                       {prefix("10.0.0.0/8")}});
  const Element element = bridge_table::element_of("eth0", ip("10.240.1.5"), kMac, "c1@eth0");
  golden.record("install", [&] { put(nft, table); });
  golden.record("is it installed", [&] { nft::is_there(nft, table); });
  golden.record("add", [&] {
    golden.wire.fail_next(ENOENT);
    nft::Transaction transaction;
    append_creation(element, nft, transaction);
    transaction.commit(nft, "add");
  });
  golden.record("list", [&] { bridge_table::list(nft, "eth0"); });
  golden.compare();
}

/// An attachment with all that tables have elements for.
EndpointRecord endpoint(const std::string& bridge) {
  EndpointRecord record;
  record.spec.id = {"c1", "eth0"};
  record.spec.network = "azure";
  record.addressing.addresses = {prefix("10.240.1.5/16"), prefix("fd00:1::5/64")};
  record.options.ports = {
      {8080, 80, "tcp", ""}, {5353, 53, "udp", "10.240.1.4"}, {9, 9, "sctp", "::"}};
  record.placement.bridge = bridge;
  return record;
}

void add(Golden& golden, net::Netlink& nft, const Objects& elements) {
  nft::Transaction transaction;
  for (const Object& each : elements) {
    golden.wire.fail_next(ENOENT);
    append_creation(std::get<Element>(each.value), nft, transaction);
  }
  transaction.commit(nft, "add");
}

// Catches: another rule, or another order, in the table of the node.
TEST(NftGolden, TheNodesTable) {
  Golden golden("nft_node");
  net::Netlink nft(NETLINK_NETFILTER);
  golden.record("install", [&] { put(nft, node_table::ruleset()); });
  golden.record("add", [&] { add(golden, nft, node_table::elements_of(endpoint("azure2"))); });
  golden.record("is it there", [&] { nft::count_in_force(nft, node_table::table()); });
  golden.record("find a chain", [&] { nft::find_chain(nft, node_table::table(), "guard"); });
  golden.compare();
}

// Catches: another rule, or another order, in the table of a network.
TEST(NftGolden, TheNetworksTable) {
  Golden golden("nft_inet");
  net::Netlink nft(NETLINK_NETFILTER);
  const HostRouting none, all{.masquerade = true},
      vnet{.masquerade = true, .vnet = {prefix("10.240.0.0/16"), prefix("fd00:1::/64")}};
  const auto record = [&](const std::string& title, Mode mode, const HostRouting& routing) {
    golden.record("install, " + title, [&] {
      put(nft, inet_table::ruleset_of({.name = "azure", .mode = mode, .routing = routing}));
    });
  };
  record("transparent", Mode::kTransparent, all);
  record("tunnel", Mode::kTunnel, all);
  record("tunnel without ipMasq", Mode::kTunnel, none);
  record("vnetCidrs", Mode::kBridge, vnet);
  golden.record("add", [&] { add(golden, nft, inet_table::elements_of(endpoint(""))); });
  golden.compare();
}

// Catches: statements that only the chains of others get, and questions asked otherwise.
TEST(NftGolden, TheRest) {
  Golden golden("nft_rest");
  net::Netlink nft(NETLINK_NETFILTER);
  const nft::Table table{nft::Family::kIp4, "filter"};
  golden.record("insert_rule", [&] {
    nft::Batch(table)
        .insert_rule("FORWARD", nft::Rule().iifname_prefix("azv").accept(), "azure-vnet")
        .insert_rule("FORWARD", nft::Rule().out_interfaces("azv").accept(), "azure-vnet")
        .insert_rule("FORWARD", nft::Rule().in_interface("azure2").accept(), "azure-vnet")
        .insert_rule("FORWARD", nft::Rule().out_interface("azure2").accept(), "azure-vnet", 16)
        .delete_rule("FORWARD", 17)
        .commit(nft, "insert");
  });
  golden.record("has_nf_tables", [&] { nft::has_nf_tables(nft); });
  golden.record("list_tables", [&] { nft::list_tables(nft); });
  golden.record("list_chains", [&] { nft::list_chains(nft); });
  golden.record("list_rules", [&] { nft::list_rules(nft, {table, "FORWARD"}); });
  golden.record("masquerades", [&] { nft::masquerades(nft, table); });
  golden.record("list_elements", [&] { nft::list_elements(nft, table, "pods4"); });
  golden.record("conntrack", [] { conntrack::forget_flows_of({{"udp", 53, ip("10.240.1.5")}}); });
  golden.compare();
}

}  // namespace
}  // namespace azcni::network
