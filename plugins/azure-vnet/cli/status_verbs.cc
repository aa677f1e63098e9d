// What people ask of azure-vnet: what there is, who is attached, take away what is left over.

#include <algorithm>

#include "cli.h"
#include "context.h"
#include "network.h"
#include "repair.h"
#include "replies.h"
#include "runtimes.h"
#include "stale.h"

namespace azcni::vnet {
namespace {

using cli::Invocation;
using cli::Reply;

/// In words; empty if it is whole on the host.
std::string missing_of(const network::EndpointId& id, const std::vector<network::Broken>& broken) {
  std::string words;
  for (const network::Broken& each : broken) {
    if (each.id != id) continue;
    for (const std::string& object : each.missing) words += (words.empty() ? "" : "; ") + object;
  }
  return words;
}

Reply show_status(const Invocation&) {
  Context context(network::make_backend({}));
  const auto endpoints = context.endpoints.list();
  const auto broken = find_broken(context);
  std::vector<NetworkState> networks;
  for (const auto& [key, network] : context.networks.list()) {
    const auto containers = containers_of(network, context);
    const auto is_broken = [&](const network::EndpointRecord& container) {
      return !missing_of(container.spec.id, broken).empty();
    };
    networks.push_back(
        {network, containers.size(), is_connected(network, context),
         static_cast<std::size_t>(std::count_if(containers.begin(), containers.end(), is_broken))});
  }
  return status_reply(networks, endpoints.size(), context.backend->dropped(), Attempt(query_pools));
}

Reply show_list(const Invocation&) {
  Context context(network::make_backend({}));
  const auto broken = find_broken(context);
  std::vector<network::NetworkRecord> apart;
  for (auto& [key, network] : context.networks.list()) {
    if (!is_connected(network, context)) apart.push_back(std::move(network));
  }
  std::vector<AttachmentState> attachments;
  for (const auto& each : context.endpoints.list()) {
    const network::EndpointRecord& record = each.second;
    std::string problem = problem_of(record, context);
    const std::string missing = missing_of(record.spec.id, broken);
    const auto is_apart = [&](const auto& network) { return is_of(record, network); };
    const bool has_network = std::none_of(apart.begin(), apart.end(), is_apart);
    if (problem.empty() && !missing.empty()) problem = "broken: missing: " + missing;
    if (problem.empty() && record.complete && !has_network)
      problem = "broken: its network is not as it was made";
    attachments.push_back({record, problem});
  }
  return list_reply(attachments);
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
  return gc_reply(collect_all_stale(context, config_folder_of(invocation), dry_run), dry_run);
}

Reply network_list(const Invocation&) {
  const Context context(network::make_backend({}));
  const std::vector<std::string> names = network_names(context);
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
       {kConfigFolderOption, {"--dry-run", "only say what would go"}},
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
