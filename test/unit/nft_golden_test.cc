// Every nfnetlink message that the Linux backend sends, as bytes: tables, rules, elements, flows.

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>

#include "conntrack.h"
#include "golden.h"
#include "l2_rules.h"
#include "l3_rules.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/socket.h"

namespace azcni::network {
namespace {

using test::Golden;
using test::ip;
using test::kMac;
using test::prefix;

NetworkSpec network_of(Mode mode, bool masquerade) {
  NetworkSpec spec;
  spec.name = "azure";
  spec.mode = mode;
  spec.master = "eth0";
  spec.bridge.name = "azure2";
  spec.routing.masquerade = masquerade;
  spec.routing.has_ports = true;
  return spec;
}

EndpointRecord container() {
  EndpointRecord record;
  record.spec.id = {"c1", "eth0"};
  record.spec.container_mac = kMac;
  record.addressing.addresses = {prefix("10.240.1.5/16"), prefix("fd00:1::5/64")};
  record.ports = {{8080, 80, "tcp", ""}, {5353, 53, "udp", "10.240.1.4"}, {9, 9, "sctp", "::"}};
  return record;
}

// Catches: another rule, or another order, in the table of a NIC below a bridge.
TEST(NftGolden, TheBridgesTable) {
  Golden golden("nft_bridge");
  net::Netlink nft(NETLINK_NETFILTER);
  const l2::Uplink uplink{"eth0",
                          kMac,
                          2,
                          {ip("10.240.1.4"), ip("fd00:1::4")},
                          {ip("169.254.20.10")},
                          {prefix("10.0.0.0/8")}};
  golden.record("install", [&] {
    l2::install(nft, uplink, {{ip("10.240.1.5"), kMac}, {ip("fd00:1::5"), kMac}});
  });
  golden.record("probe", [&] { l2::probe(nft); });
  golden.record("is_installed", [&] { l2::is_installed(nft, "eth0"); });
  golden.record("add", [&] { l2::add(nft, "eth0", {ip("10.240.1.5"), kMac}); });
  golden.record("add, in place of an old element", [&] {
    golden.wire.fail_next(EEXIST);
    l2::add(nft, "eth0", {ip("10.240.1.5"), kMac});
  });
  golden.record("list", [&] { l2::list(nft, "eth0"); });
  golden.record("remove", [&] { l2::remove(nft, "eth0"); });
  golden.compare();
}

// Catches: another rule, or another order, in the table of a network.
TEST(NftGolden, TheNetworksTable) {
  Golden golden("nft_inet");
  net::Netlink nft(NETLINK_NETFILTER);
  for (const Mode mode : {Mode::kTransparent, Mode::kBridge, Mode::kTunnel}) {
    const NetworkSpec network = network_of(mode, true);
    golden.record("install, " + to_string(mode), [&] { l3::install(nft, network); });
  }
  golden.record("install, without ipMasq",
                [&] { l3::install(nft, network_of(Mode::kBridge, false)); });
  NetworkSpec network = network_of(Mode::kTransparent, true);
  network.routing.vnet = {prefix("10.240.0.0/16"), prefix("fd00:1::/64")};
  golden.record("install, vnetCidrs", [&] { l3::install(nft, network); });
  golden.record("probe", [&] { l3::probe(nft); });
  golden.record("is_installed", [&] { l3::is_installed(nft, network); });
  const EndpointRecord record = container();
  golden.record("add", [&] {
    l3::add(nft, network, record.spec, record.addressing.addresses, record.ports);
  });
  golden.record("missing", [&] { l3::missing(nft, network, record); });
  golden.record("forget", [&] {
    l3::forget(nft, {{nft::Family::kInet, "azure_vnet_azure"}}, kMac);
  });
  golden.record("remove", [&] { l3::remove(nft, "azure"); });
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
        .insert_rule("FORWARD", nft::Rule().out_interface("azure2").accept(), "azure-vnet")
        .delete_rule("FORWARD", 17)
        .commit(nft, "insert");
  });
  golden.record("has_nf_tables", [&] { nft::has_nf_tables(nft); });
  golden.record("list_tables", [&] { nft::list_tables(nft); });
  golden.record("list_chains", [&] { nft::list_chains(nft); });
  golden.record("list_rules", [&] { nft::list_rules(nft, {table, "FORWARD"}); });
  golden.record("masquerades", [&] { nft::masquerades(nft, table); });
  golden.record("list_elements", [&] { nft::list_elements(nft, table, "pods4"); });
  golden.record("conntrack", [] { conntrack::forget_flows_of({ip("10.240.1.5")}); });
  golden.compare();
}

}  // namespace
}  // namespace azcni::network
