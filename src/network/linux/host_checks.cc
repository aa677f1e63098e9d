#include "host_checks.h"

#include <algorithm>
#include <filesystem>

#include "azcni/base/file.h"
#include "modes/mode.h"
#include "naming.h"
#include "sysctl.h"

namespace azcni::network::diagnostics {
namespace {

constexpr std::size_t kMaxDropIn = 1 << 20;

bool any_bridged(const std::vector<NetworkRecord>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [](const NetworkRecord& network) { return !bridge_of(network.spec).empty(); });
}

/// A finding whose remedy is a kernel parameter.
Finding parameter(const std::string& id, const std::string& what, const std::string& name,
                  const std::string& value) {
  std::string dotted = name;
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  return {id, what, "sysctl -w net." + dotted + "=" + value,
          [name, value] { sysctl::set(name, value); }};
}

}  // namespace

void check_forwarding(const Networks& networks, const ReadParameter& read, Findings& findings) {
  if (networks.empty() || read("ipv4/ip_forward") == "1") return;
  findings.push_back(
      parameter("ip-forward-off", "net.ipv4.ip_forward is 0", "ipv4/ip_forward", "1"));
}

std::string who_drops(const std::vector<nft::Chain>& chains) {
  for (const nft::Chain& chain : chains) {
    if (chain.hook == nft::Hook::kForward && chain.drops &&
        chain.table.family != nft::Family::kBridge)
      return "nf_tables, table " + to_string(chain.table) + ", chain " + chain.name;
  }
  return {};
}

void check_firewalls(const std::string& who, const Networks& networks, const ReadParameter& read,
                     Findings& findings) {
  if (who.empty() || networks.empty()) return;
  const auto passes = [](const NetworkRecord& network) {
    return network.spec.routing.forward_accept;
  };
  if (!std::all_of(networks.begin(), networks.end(), passes)) {
    findings.push_back({"forward-drop", "the policy of " + who + " is DROP",
                        "set \"forwardAccept\": true in the network configuration"});
  }
  if (any_bridged(networks) && read("bridge/bridge-nf-call-iptables") == "1") {
    findings.push_back(
        parameter("bridge-nf-call",
                  "bridge-nf-call-iptables is 1: " + who + " drops frames between containers, too",
                  "bridge/bridge-nf-call-iptables", "0"));
    findings.back().mend = {};  // kube-proxy may need it
  }
}

void check_services(const std::vector<std::string>& families, const Networks& networks,
                    const ReadParameter& read, Findings& findings) {
  if (!any_bridged(networks)) return;
  for (const std::string& family : families) {
    const std::string name = "bridge/bridge-nf-call-" + family, value = read(name);
    if (value == "1") continue;
    findings.push_back(
        parameter("services-unseen",
                  "kube-proxy is at work, and bridge-nf-call-" + family +
                      (value.empty() ? " is not there: br_netfilter is not loaded" : " is 0"),
                  name, "1"));
    if (value.empty()) findings.back().command = "modprobe br_netfilter";
    findings.back().mend = {};  // a firewall that drops would see these frames, too
  }
}

void check_reverse_path(const std::optional<net::Interface>& main, const Networks& networks,
                        const ReadParameter& read, Findings& findings) {
  for (const NetworkRecord& network : networks) {
    const std::string& nic = host_link_of(network.spec);
    if (main && main->name == network.spec.master) continue;
    const std::string own = "ipv4/conf/" + nic + "/rp_filter";
    const std::string strictest = std::max(read("ipv4/conf/all/rp_filter"), read(own));
    if (strictest != "1") continue;
    findings.push_back(parameter("rp-filter",
                                 "rp_filter of " + nic +
                                     " is strict, and it is not "
                                     "the NIC of the default route",
                                 own, "2"));
  }
}

void check_links(const std::vector<net::Interface>& links,
                 const std::vector<EndpointRecord>& endpoints, Findings& findings) {
  for (const net::Interface& link : links) {
    if (!link.name.starts_with(kLinkPrefix)) continue;
    const auto has_it = [&](const EndpointRecord& each) { return each.spec.host_if == link.name; };
    if (std::any_of(endpoints.begin(), endpoints.end(), has_it)) continue;
    findings.push_back({"stale-link", "link " + link.name + " belongs to no attachment on record",
                        "delete its pod when that suits, never the link alone"});
  }
}

bool has_drop_in(const std::vector<std::string>& folders, const std::vector<std::string>& texts) {
  for (const std::string& folder : folders) {
    for (const std::string& name : file::list(folder)) {
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(folder + "/" + name, ignored)) continue;
      const std::string content = file::read(folder + "/" + name, kMaxDropIn).value_or("");
      if (std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
            return content.find(text) != std::string::npos;
          }))
        return true;
    }
  }
  return false;
}

}  // namespace azcni::network::diagnostics
