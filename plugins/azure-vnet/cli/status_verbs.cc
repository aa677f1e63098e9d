// What people ask of azure-vnet: what there is, who is attached, take away what is left over.

#include "cli.h"
#include "ipam_reports.h"
#include "stale.h"
#include "vnet.h"

namespace azcni::vnet {
namespace {

using cli::Invocation;
using cli::Reply;
using Rows = std::vector<std::vector<std::string>>;

std::string to_text(const std::vector<net::Prefix>& addresses) {
  std::string text;
  for (const net::Prefix& each : addresses)
    text += (text.empty() ? "" : ",") + net::to_string(each.address);
  return text.empty() ? "-" : text;
}

/// A report of azure-vnet-ipam, or what kept it from one: status must tell what it can.
template <typename Report>
struct Attempt {
  Report report;
  std::string failure;

  explicit Attempt(Report (*ask)()) {
    try {
      report = ask();
    } catch (const Error& error) {
      failure = error.what();
    }
  }
  Json document() const { return failure.empty() ? report.document : Json{{"failure", failure}}; }
};

Reply show_status(const Invocation&) {
  Context context(network::make_backend({}));
  const auto endpoints = context.endpoints.list();
  Json networks = Json::array();
  Rows rows{{"NETWORK", "MODE", "NIC", "BRIDGE", "MTU", "PODS", "STATE"}};
  bool fine = true;
  for (const auto& [name, network] : context.networks.list()) {
    const auto pods = containers_of(name, context).size();
    const bool connected = is_connected(network, context);
    fine = fine && connected;
    const std::string state = connected ? "connected" : "broken: the next ADD mends it";
    networks.push_back({{"name", name},
                        {"mode", to_string(network.spec.mode)},
                        {"master", network.spec.master},
                        {"bridge", network.spec.bridge.name},
                        {"mtu", network.mtu},
                        {"pods", pods},
                        {"connected", connected}});
    rows.push_back({name, to_string(network.spec.mode), network.spec.master,
                    network.spec.bridge.name.empty() ? "-" : network.spec.bridge.name,
                    std::to_string(network.mtu), std::to_string(pods), state});
  }
  const Attempt ipam(query_pools);
  const std::string ipam_version = ipam.report.version.empty() ? "unknown" : ipam.report.version;
  const std::string text =
      std::string("azure-vnet ") + cli::program_version() + ", azure-vnet-ipam " + ipam_version +
      "\n\n" + cli::in_columns(rows) + "\n" +
      (ipam.failure.empty() ? cli::to_text(ipam.report) : "addresses: " + ipam.failure + "\n");
  return {{{"version", cli::program_version()},
           {"ipamVersion", ipam_version},
           {"networks", networks},
           {"pods", endpoints.size()},
           {"ipam", ipam.document()}},
          text,
          fine ? 0 : 1};
}

Reply show_list(const Invocation&) {
  Context context(network::make_backend({}));
  Json pods = Json::array();
  Rows rows{{"CONTAINER", "INTERFACE", "ADDRESS", "LINK", "NETWORK", "STATE"}};
  for (const auto& [key, record] : context.endpoints.list()) {
    const std::string trouble = problem_of(record, context);
    Json pod = record;
    pod["trouble"] = trouble;
    pods.push_back(pod);
    rows.push_back({record.spec.id.container_id.substr(0, 12), record.spec.id.if_name,
                    to_text(record.addressing.addresses), record.spec.host_if, record.spec.network,
                    trouble.empty() ? "attached" : trouble});
  }
  return {pods, cli::in_columns(rows)};
}

Reply show_state(const Invocation&) {
  Context context(network::make_backend({}));
  Json all{{"version", cli::program_version()},
           {"bootId", store::boot_id()},
           {"networks", Json::object()},
           {"endpoints", Json::object()},
           {"ipam", Attempt(query_pools).document()}};
  for (const auto& [key, record] : context.networks.list()) all["networks"][key] = record;
  for (const auto& [key, record] : context.endpoints.list()) all["endpoints"][key] = record;
  all["ipam"]["leases"] = Attempt(query_leases).document();
  return {all, cli::in_lines(all)};
}

Reply collect_garbage(const Invocation& invocation) {
  Context context(network::make_backend({}));
  const bool dry_run = invocation.has("--dry-run");
  Json found = Json::array();
  std::string text;
  for (const auto& record : collect_all_stale(context, dry_run)) {
    found.push_back(
        {{"containerId", record.spec.id.container_id}, {"ifName", record.spec.id.if_name}});
    text += record.spec.id.container_id + " " + record.spec.id.if_name + "\n";
  }
  const std::string what = dry_run ? " would be taken away" : " taken away";
  return {found, text + std::to_string(found.size()) + " attachments" + what + "\n"};
}

Reply network_list(const Invocation&) {
  const Context context(network::make_backend({}));
  const std::vector<std::string> names = context.networks.keys();
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return {names, text};
}

Reply network_rm(const Invocation& invocation) {
  Context context(network::make_backend({}));
  const std::string& name = invocation.values.front();
  remove_network(name, context);
  return {{{"removed", name}}, "network " + name + " is removed\n"};
}

}  // namespace

std::vector<cli::CommandLineVerb> showing_verbs() {
  return {
      {"status", "", {}, "show networks, pods, addresses and versions", show_status},
      {"list", "", {}, "show who is attached, with which address", show_list},
      {"state", "", {}, "print all records of both plugins as one document", show_state},
      {"gc",
       "",
       {{"--dry-run", "only say what would go"}},
       "take away what is left of containers that are gone",
       collect_garbage},
      {"network list", "", {}, "print the names of the networks", network_list},
      {"network rm",
       "NAME",
       {},
       "give the NIC back what the host had on it, and forget the network",
       network_rm},
  };
}

std::vector<cli::CommandLineVerb> command_line() {
  std::vector<cli::CommandLineVerb> verbs = showing_verbs();
  for (cli::CommandLineVerb& verb : advising_verbs()) verbs.push_back(std::move(verb));
  return verbs;
}

}  // namespace azcni::vnet
