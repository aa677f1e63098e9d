// What people ask of azure-vnet: what there is, who is attached, take away what is left over.

#include "cli.h"
#include "context.h"
#include "network.h"
#include "replies.h"
#include "stale.h"

namespace azcni::vnet {
namespace {

using cli::Invocation;
using cli::Reply;

Reply show_status(const Invocation&) {
  Context context(network::make_backend({}));
  const auto endpoints = context.endpoints.list();
  std::vector<NetworkState> networks;
  for (const auto& [name, network] : context.networks.list())
    networks.push_back(
        {network, containers_of(name, context).size(), is_connected(network, context)});
  return status_reply(networks, endpoints.size(), Attempt(query_pools));
}

Reply show_list(const Invocation&) {
  Context context(network::make_backend({}));
  std::vector<AttachmentState> attachments;
  for (const auto& [key, record] : context.endpoints.list())
    attachments.push_back({record, problem_of(record, context)});
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
  return gc_reply(collect_all_stale(context, dry_run), dry_run);
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
