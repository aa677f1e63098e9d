// azure-vnet doctor: what the documentation of the Go plugins asked people to check by hand, and
// what users reported most.

#include "doctor.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "azcni/base/file.h"
#include "azcni/base/log.h"
#include "azcni/base/paths.h"
#include "catalogue.h"
#include "ipam.h"
#include "ipam_checks.h"
#include "ipam_reports.h"
#include "network.h"
#include "rebuild.h"
#include "repair.h"
#include "runtime_config.h"
#include "runtimes.h"
#include "stale.h"
#include "validate.h"

namespace azcni::vnet {
namespace {

namespace fs = std::filesystem;
using Findings = std::vector<network::Finding>;

constexpr const char* kIpam = "azure-vnet-ipam";
constexpr std::uintmax_t kLeastFree = std::uintmax_t{8} << 20;
constexpr std::uintmax_t kMostLogs = std::uintmax_t{40} << 20;

bool is_ours(const NodeConfig& config) {
  const auto plugins = plugins_of(config.document);
  return std::any_of(plugins.begin(), plugins.end(),
                     [](const Json& each) { return each.value("type", Json()) == "azure-vnet"; });
}

void check_order(const std::vector<NodeConfig>& configs, const std::string& folder,
                 Findings& findings) {
  const auto ours = std::find_if(configs.begin(), configs.end(), [](const NodeConfig& config) {
    return !azure_networks_of(config.document).empty();
  });
  if (ours == configs.end()) {
    findings.push_back({"no-config", "no file of " + folder + " has azure-vnet in it", kInstall});
    return;
  }
  // Runtimes skip folders; Multus comes first where it delegates to us.
  const auto first = std::find_if(configs.begin(), configs.end(),
                                  [](const NodeConfig& config) { return config.is_file; });
  if (leads_to(*first, *ours)) return;
  findings.push_back({"config-not-first", first->path + " comes before " + ours->path,
                      "mv " + first->path + " " + first->path + ".disabled"});
}

void check_config_files(const std::string& folder, Findings& findings) {
  const auto configs = read_node_configs(folder);
  for (const NodeConfig& config : configs) {
    if (!is_ours(config) && config.failure.empty()) continue;
    for (const Complaint& complaint : validate(config)) {
      if (!complaint.is_error) continue;
      findings.push_back({"config-invalid", config.path + ": " + complaint.message,
                          "azure-vnet validate " + config.path});
      break;
    }
    if (!config.is_file) continue;
    std::error_code ignored;
    const auto others = fs::perms::group_all | fs::perms::others_all;
    if ((fs::status(config.path, ignored).permissions() & others) == fs::perms::none) continue;
    const std::string path = config.path;
    findings.push_back(
        {"config-readable", "others than root have access to " + path, "chmod 600 " + path,
         [path, others] { fs::permissions(path, others, fs::perm_options::remove); }});
  }
  check_order(configs, folder, findings);
}

/// Everything that the configurations name must be beside us.
void check_delegates(const std::string& folder, Findings& findings) {
  std::set<std::string> missing;
  for (const NodeConfig& config : read_node_configs(folder)) {
    if (!is_ours(config)) continue;
    for (const Json& plugin : plugins_of(config.document)) {
      const Json ipam = plugin.value("ipam", Json::object());
      for (const Json& type :
           {plugin.value("type", Json()), ipam.is_object() ? ipam.value("type", Json()) : Json()}) {
        if (!type.is_string()) continue;
        const std::string name = type.get<std::string>();
        const auto files = paths::program_names(name);
        const bool is_there = std::any_of(files.begin(), files.end(), [](const auto& file) {
          std::error_code ignored;
          return fs::exists(paths::program_folder() + "/" + file, ignored);
        });
        if (!is_there) missing.insert(name);
      }
    }
  }
  for (const std::string& name : missing) {
    findings.push_back({"delegate-missing",
                        "there is no plugin " + name + " in " + paths::program_folder(), kInstall});
  }
}

/// Leases of our networks that belong to nobody on record.
void check_leases(Context& context, const std::string& folder, Findings& findings) {
  const std::vector<std::string> networks = network_names(context);
  for (const UnrecordedLease& lease : find_unrecorded_leases(context)) {
    if (std::find(networks.begin(), networks.end(), lease.network) == networks.end()) continue;
    const std::string holder = lease.address + " is held by " + lease.owner.key();
    if (lease.lives) {
      findings.push_back({"lost-record", holder + ", which is attached and on no record",
                          "azure-vnet doctor --fix", [&context] { rebuild_records(context); }});
      continue;
    }
    findings.push_back({"leaked-lease", holder + ", which is not attached", "azure-vnet gc",
                        [&context, folder] { collect_all_stale(context, folder, false); }});
  }
}

/// What azure-vnet-ipam says; it is asked as a runtime would ask it, so that it asks Azure.
void check_addresses(Context& context, const std::string& folder, Findings& findings) {
  for (const Json& network : azure_networks(folder)) {
    if (network.value(Json::json_pointer("/ipam/type"), Json()) != kIpam) continue;
    try {
      const cni::Request request = gc_request(network, {});
      ipam_of(request)->status();
    } catch (const Error& error) {
      log::info("azure-vnet-ipam: {}", error.what());  // the reason is told below
    }
  }
  check_ipam(query_pools(), findings);
  check_leases(context, folder, findings);
}

/// What is inside the container is put back here alone.
void check_attachment(const std::string& key, const network::EndpointRecord& record, bool is_broken,
                      Context& context, Findings& findings) {
  if (!record.complete || !network_of(record, context)) return;
  try {
    const std::string missing = find_missing(record, context);
    if (missing.empty()) return;
    findings.push_back(
        {"attachment-broken", key + ": missing: " + missing, "create the container anew"});
    if (!is_broken && !context.backend->is_reachable(record.spec)) return;
    findings.back().command = "azure-vnet doctor --fix";
    findings.back().mend = [&context, key] { repair_whole(key, context); };
  } catch (const Error& error) {
    findings.push_back(
        {"attachment-broken", key + ": " + error.what(), "create the container anew"});
  }
}

void check_records(Context& context, const std::string& folder, Findings& findings) {
  for (const auto& [key, network] : context.networks.list()) {
    if (is_connected(network, context)) continue;
    findings.push_back(
        {"network-broken",
         "network " + network.spec.name + " is not as it was made, by " + network.spec.master,
         "azure-vnet doctor --fix", [&context, key = key] {
           if (const auto known = context.networks.find(key)) mend_network(*known, context);
         }});
  }
  const std::vector<network::Broken> broken = find_broken(context);
  for (const auto& [key, record] : context.endpoints.list()) {
    if (const std::string trouble = problem_of(record, context); !trouble.empty()) {
      findings.push_back({"leaked-attachment", key + ": " + trouble, "azure-vnet gc",
                          [&context, folder] { collect_all_stale(context, folder, false); }});
      continue;
    }
    const network::EndpointId& id = record.spec.id;
    const bool is_broken =
        std::any_of(broken.begin(), broken.end(), [&](const auto& each) { return each.id == id; });
    check_attachment(key, record, is_broken, context, findings);
  }
  for (const char* plugin : {"azure-vnet", kIpam}) {
    std::error_code ignored;
    for (const auto& entry :
         fs::recursive_directory_iterator(paths::state_folder(plugin), ignored)) {
      const std::string path = entry.path().string();
      if (path.ends_with(".corrupt"))
        findings.push_back({"corrupt-record", path + " is damaged", "rm " + path});
    }
    const std::string lock = paths::state_folder(plugin) + "/lock";
    try {
      static_cast<void>(FileLock::wait_for(lock, std::chrono::seconds(1)));
    } catch (const Error& error) {
      findings.push_back({"lock-held", error.what(), "azure-vnet explain 11"});
    }
  }
}

void check_disk(Findings& findings) {
  const fs::path log = paths::log_file("azure-vnet");
  for (const fs::path& folder : {fs::path(paths::state_folder("azure-vnet")), log.parent_path()}) {
    std::error_code failure;
    const fs::space_info space = fs::space(folder, failure);
    if (failure || space.available >= kLeastFree) continue;
    findings.push_back({"disk-full",
                        "the file system of " + folder.string() + " has " +
                            std::to_string(space.available >> 10) + " KiB free",
                        "df " + folder.string()});
  }
  std::uintmax_t size = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(log.parent_path(), ignored)) {
    if (entry.path().filename().string().starts_with(log.filename().string()))
      size += entry.is_regular_file(ignored) ? entry.file_size(ignored) : 0;
  }
  if (size <= kMostLogs) return;
  findings.push_back(
      {"log-large",
       log.string() + " and its older parts have " + std::to_string(size >> 20) + " MiB",
       "ls -l " + log.string() + "*"});
}

}  // namespace

Findings diagnose(Context& context, const std::string& config_folder) {
  Findings findings;
  const auto attempt = [&](const std::string& id, const std::function<void()>& check) {
    try {
      check();
    } catch (const Error& error) {
      const std::string& advice = error.details();
      findings.push_back(
          {id, error.what(), advice.empty() ? std::string(explanation_of(id).remedy) : advice});
    }
  };
  check_config_files(config_folder, findings);
  check_runtimes(find_runtimes(), config_folder, findings);
  check_delegates(config_folder, findings);
  attempt("delegate-missing", [&] { check_addresses(context, config_folder, findings); });
  attempt("network-broken", [&] { check_records(context, config_folder, findings); });
  check_disk(findings);
  std::vector<network::NetworkRecord> networks;
  std::vector<network::EndpointRecord> endpoints;
  for (auto& [name, record] : context.networks.list()) networks.push_back(std::move(record));
  for (auto& [key, record] : context.endpoints.list()) endpoints.push_back(std::move(record));
  for (network::Finding& finding : context.backend->diagnose(networks, endpoints))
    findings.push_back(std::move(finding));
  return findings;
}

}  // namespace azcni::vnet
