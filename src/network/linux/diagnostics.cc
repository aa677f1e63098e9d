#include "diagnostics.h"

#include <net/if.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/net/azure.h"
#include "azcni/net/interfaces.h"
#include "bridge_table.h"
#include "elements.h"
#include "forward_accept.h"
#include "guard.h"
#include "host_checks.h"
#include "inet_table.h"
#include "kernel.h"
#include "link_managers.h"
#include "links.h"
#include "modes/mode.h"
#include "naming.h"
#include "nft/batch.h"
#include "nft/query.h"
#include "nft/socket.h"
#include "nic_bridge.h"
#include "node_table.h"
#include "resolved.h"
#include "sysctl.h"
#include "xtables.h"

namespace azcni::network::diagnostics {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 1 << 20;
constexpr const char* kServices = "KUBE-SERVICES";
constexpr const char* kDropInCommand = "install-cni-plugin.sh --drop-ins";

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// What the rules need of nf_tables: such a table is made and removed, in one transaction that
/// nobody sees.
void check_features(net::Netlink& nft, std::vector<Finding>& findings) {
  const nft::Ruleset bridge = bridge_table::ruleset_of({"probe of doctor", {}, 0, {}, {}});
  nft::Ruleset node = node_table::ruleset();
  node.table.name = bridge.table.name;
  const nft::Ruleset inet = inet_table::ruleset_of(
      {.name = "probe of doctor", .mode = Mode::kTunnel, .routing = {.masquerade = true}});
  const std::pair<const nft::Ruleset&, const char*> probes[] = {
      {bridge, "nf_tables_bridge"}, {node, "nft_nat"}, {inet, "nft_nat"}};
  for (const auto& [ruleset, module] : probes) {
    try {
      nft::Batch batch(ruleset.table);
      append(batch, ruleset);
      batch.delete_table().commit(nft, "probe what the kernel can do");
    } catch (const Error& error) {
      findings.push_back({"nf-tables-features", error.what(), std::string("modprobe ") + module});
    }
  }
}

/// Who drops what no rule accepts, in words; empty if nobody does.
std::string firewall_that_drops(net::Netlink* nft) {
  if (xtables::forward_drops()) return "iptables-legacy, chain FORWARD";
  return nft == nullptr ? std::string() : who_drops(nft::list_chains(*nft));
}

/// Of who refuses what forwardAccept would let pass. firewalld is asked for its own words: the
/// bridge has the host's addresses, and stays in the zone that it is in (docs/adr/0034).
std::string remedy_of(const std::string& chain, const NetworkSpec& network) {
  if (!chain.starts_with("chain inet firewalld ")) return "nft list " + chain;
  const std::string bridge = bridge_of(network);
  if (bridge.empty()) return kDropInCommand;
  return "firewall-cmd --permanent --zone=$(firewall-cmd --get-default-zone) --add-interface=" +
         bridge + " && firewall-cmd --reload";
}

/// Whether forwardAccept has a say.
void check_passes(net::Netlink& nft, const std::vector<NetworkRecord>& networks,
                  std::vector<Finding>& findings) {
  for (const NetworkRecord& network : networks) {
    if (!network.spec.routing.forward_accept) continue;
    const std::string links =
        has_bridge(network.spec.mode) ? network.spec.bridge.name : kLinkPrefix;
    for (const std::string& chain : forward_accept::refusals(nft, links)) {
      findings.push_back({"forward-refused",
                          chain +
                              " drops or rejects what it does not accept, and is asked before "
                              "the rules of network " +
                              network.spec.name + " (forwardAccept)",
                          remedy_of(chain, network.spec)});
    }
  }
}

void check_masquerading(net::Netlink* nft, const std::vector<NetworkRecord>& networks,
                        std::vector<Finding>& findings) {
  const auto does = [](const NetworkRecord& network) { return network.spec.routing.masquerade; };
  if (networks.empty() || std::any_of(networks.begin(), networks.end(), does)) return;
  if (xtables::masquerades()) return;
  if (nft != nullptr) {
    for (const nft::Table& table : nft::list_tables(*nft)) {
      if (table.family != nft::Family::kBridge && !elements::is_ours(table) &&
          nft::masquerades(*nft, table))
        return;
    }
  }
  findings.push_back({"no-masquerade", "nothing masquerades what containers send out of the VNET",
                      "set \"ipMasq\": true and \"vnetCidrs\" in the network configuration"});
}

/// The families that kube-proxy has rules for, in nf_tables of its own or of iptables, or in
/// x_tables. Where no container has an IPv6 address, its rules are of no use there.
std::vector<std::string> families_of_kube_proxy(net::Netlink* nft,
                                                const std::vector<EndpointRecord>& endpoints) {
  const auto has_ipv6 = [](const EndpointRecord& endpoint) {
    const auto& addresses = endpoint.addressing.addresses;
    return std::any_of(addresses.begin(), addresses.end(),
                       [](const net::Prefix& each) { return !each.address.is_ipv4(); });
  };
  std::vector<std::string> families;
  for (const auto& [family, number, nft_family] :
       {std::tuple{"iptables", net::Family::kIpv4, nft::Family::kIp4},
        std::tuple{"ip6tables", net::Family::kIpv6, nft::Family::kIp6}}) {
    if (number == net::Family::kIpv6 && std::none_of(endpoints.begin(), endpoints.end(), has_ipv6))
      continue;
    const bool is_there =
        xtables::has_chain("nat", kServices, number) ||
        (nft != nullptr && (nft::has_table(*nft, {nft_family, "kube-proxy"}) ||
                            nft::has_chain(*nft, {nft_family, "nat"}, kServices)));
    if (is_there) families.emplace_back(family);
  }
  return families;
}

/// Daemons that think all links are theirs.
void check_daemons(const std::vector<NetworkRecord>& networks, std::vector<Finding>& findings) {
  const std::string links = std::string(kLinkPrefix) + "*";
  if (exists("/run/systemd/netif/links")) {
    const std::vector<std::string> networkd{"/etc/systemd/network", "/run/systemd/network"};
    if (!has_drop_in(networkd, {links, "Unmanaged=yes"})) {
      findings.push_back({"networkd-manages",
                          "systemd-networkd is not told to leave " + links + " alone",
                          kDropInCommand});
    }
    if (!has_drop_in({"/etc/systemd/networkd.conf.d"}, {"ManageForeignRoutes=no"})) {
      findings.push_back({"networkd-routes",
                          "systemd-networkd removes routes of others when it is restarted",
                          kDropInCommand});
    }
  }
  for (const NetworkRecord& network : networks) {
    const std::string& nic = network.spec.master;
    const std::string name = bridge_of(network.spec);
    if (name.empty() || link_managers::are_told(nic)) continue;
    net::Netlink netlink;
    const auto bridge = find_link(netlink, name);
    if (!bridge || !nic_bridge::is_ours(name, *bridge)) continue;
    findings.push_back({"nic-managed",
                        "networkd or NetworkManager is not told to leave " + nic + " below " + name,
                        "azure-vnet doctor --fix", [nic] { link_managers::leave_alone(nic); }});
  }
  if (exists("/run/NetworkManager") &&
      !has_drop_in({"/etc/NetworkManager/conf.d"}, {"unmanaged-devices", links})) {
    findings.push_back({"networkmanager-manages",
                        "NetworkManager is not told to leave " + links + " alone", kDropInCommand});
  }
  const bool is_policy_set = has_drop_in({"/usr/lib/systemd/network", "/lib/systemd/network"},
                                         {"MACAddressPolicy=persistent"});
  if (is_policy_set && !has_drop_in({"/etc/systemd/network"}, {"MACAddressPolicy=none"})) {
    findings.push_back({"udev-mac-policy", "udev gives new links MAC addresses of its own choice",
                        kDropInCommand});
  }
}

/// systemd-resolved keeps servers by link, and their files tell which (man 8 systemd-resolved).
void check_dns(const std::vector<NetworkRecord>& networks, std::vector<Finding>& findings) {
  if (!exists("/run/systemd/resolve/netif")) return;
  for (const NetworkRecord& network : networks) {
    const std::string bridge = bridge_of(network.spec);
    if (bridge.empty()) continue;
    const unsigned index = ::if_nametoindex(bridge.c_str());
    const std::string state =
        file::read("/run/systemd/resolve/netif/" + std::to_string(index), kMaxFile).value_or("");
    if (index == 0 || resolved::has_server(state)) continue;
    findings.push_back(
        {"bridge-without-dns", "systemd-resolved knows no server on " + bridge,
         "resolvectl dns " + bridge + " " + net::to_string(net::azure::kWireserver)});
  }
}

/// What the kernel has of containers that are on no record.
void check_leftovers(const std::vector<EndpointRecord>& endpoints, std::vector<Finding>& findings) {
  check_links(net::list_interfaces(), endpoints, findings);
  Kernel kernel;
  if (kernel.find_nft() == nullptr) return;
  for (const Object& each : elements::without_owners(elements::list(kernel.nft()), endpoints)) {
    const Element& stale = std::get<Element>(each.value);
    findings.push_back(
        {"stale-rule",
         stale.text + " in " + to_string(stale.table) + " leads to no container on record",
         "azure-vnet doctor --fix", [each] {
           Kernel().remove({{each}, {}});
         }});
  }
}

/// Counted since the rules were made; of the metadata service it is as configured.
void check_dropped(net::Netlink& nft, std::vector<Finding>& findings) {
  for (const auto& [why, what] : {std::pair{guard::kSpoofed, " packets in the name of others"},
                                  std::pair{guard::kWireserver, " packets to the wireserver"}}) {
    for (const Dropped& each : guard::dropped(nft)) {
      if (each.why != why || each.packets == 0) continue;
      findings.push_back({std::string("dropped-") + why,
                          "containers sent " + std::to_string(each.packets) + what +
                              ", dropped by table " + each.where,
                          std::string("nft reset counters table ") + each.where});
    }
  }
}

}  // namespace

std::vector<Finding> diagnose(const std::vector<NetworkRecord>& networks,
                              const std::vector<EndpointRecord>& endpoints) {
  std::vector<Finding> findings;
  std::optional<net::Netlink> nft;
  if (nft::is_available()) {
    nft = nft::open_socket();
    check_features(*nft, findings);
    check_dropped(*nft, findings);
  } else {
    findings.push_back({"no-nf-tables", "this kernel has no nf_tables", "modprobe nf_tables"});
  }
  net::Netlink* const socket = nft ? &*nft : nullptr;
  check_forwarding(networks, sysctl::read, findings);
  check_firewalls(firewall_that_drops(socket), networks, sysctl::read, findings);
  check_services(families_of_kube_proxy(socket, endpoints), networks, sysctl::read, findings);
  if (nft) check_passes(*nft, networks, findings);
  check_masquerading(socket, networks, findings);
  check_reverse_path(net::find_default_interface(), networks, sysctl::read, findings);
  check_daemons(networks, findings);
  check_dns(networks, findings);
  check_leftovers(endpoints, findings);
  return findings;
}

}  // namespace azcni::network::diagnostics
