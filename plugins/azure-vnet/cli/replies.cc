#include "replies.h"

#include "catalogue.h"

namespace azcni::vnet {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kPlain = "\x1b[0m";

std::string painted(const std::string& text, const char* paint, bool colour) {
  return colour ? paint + text + kPlain : text;
}

const char* paint_of(bool is_error) { return is_error ? kRed : kYellow; }

std::string to_text(const std::vector<net::Prefix>& addresses) {
  std::string text;
  for (const net::Prefix& each : addresses)
    text += (text.empty() ? "" : ",") + net::to_string(each.address);
  return text.empty() ? "-" : text;
}

std::string state_of(const NetworkState& network) {
  if (!network.connected) return "broken: the next ADD mends it";
  if (network.broken == 0) return "connected";
  return std::to_string(network.broken) + " pods broken: an ADD repairs them within 10 s";
}

}  // namespace

cli::Reply status_reply(const std::vector<NetworkState>& networks, std::size_t attachments,
                        const std::vector<network::Dropped>& dropped,
                        const Attempt<IpamPools>& ipam) {
  Json list = Json::array();
  Rows rows{{"NETWORK", "MODE", "NIC", "BRIDGE", "MTU", "PODS", "STATE"}};
  bool fine = true;
  for (const NetworkState& each : networks) {
    const network::NetworkSpec& spec = each.record.spec;
    fine = fine && each.connected && each.broken == 0;
    list.push_back({{"name", spec.name},
                    {"mode", to_string(spec.mode)},
                    {"master", spec.master},
                    {"bridge", spec.bridge.name},
                    {"mtu", each.record.mtu},
                    {"pods", each.containers},
                    {"connected", each.connected},
                    {"broken", each.broken}});
    rows.push_back({spec.name, to_string(spec.mode), spec.master,
                    spec.bridge.name.empty() ? "-" : spec.bridge.name,
                    std::to_string(each.record.mtu), std::to_string(each.containers),
                    state_of(each)});
  }
  Json drops = Json::array();
  Rows counts{{"DROPPED", "PACKETS", "TABLE"}};
  for (const network::Dropped& each : dropped) {
    drops.push_back({{"why", each.why}, {"packets", each.packets}, {"table", each.where}});
    if (each.packets != 0) counts.push_back({each.why, std::to_string(each.packets), each.where});
  }
  const std::string ipam_version = ipam.report.version.empty() ? "unknown" : ipam.report.version;
  const std::string text =
      std::string("azure-vnet ") + cli::program_version() + ", azure-vnet-ipam " + ipam_version +
      "\n\n" + cli::in_columns(rows) + "\n" +
      (counts.size() > 1 ? cli::in_columns(counts) + "\n" : "") +
      (ipam.failure.empty() ? cli::to_text(ipam.report) : "addresses: " + ipam.failure + "\n");
  return {{{"version", cli::program_version()},
           {"ipamVersion", ipam_version},
           {"networks", list},
           {"pods", attachments},
           {"dropped", drops},
           {"ipam", ipam.document()}},
          text,
          fine ? 0 : 1};
}

cli::Reply list_reply(const std::vector<AttachmentState>& attachments) {
  Json list = Json::array();
  Rows rows{{"CONTAINER", "INTERFACE", "ADDRESS", "LINK", "NETWORK", "STATE"}};
  bool fine = true;
  for (const auto& [record, problem] : attachments) {
    Json json = record;
    json["trouble"] = problem;
    fine = fine && problem.empty();
    list.push_back(json);
    rows.push_back({record.spec.id.container_id.substr(0, 12), record.spec.id.if_name,
                    to_text(record.addressing.addresses), record.spec.host_if, record.spec.network,
                    problem.empty() ? "attached" : problem});
  }
  return {list, cli::in_columns(rows), fine ? 0 : 1};
}

cli::Reply gc_reply(const std::vector<network::EndpointRecord>& stale, bool dry_run) {
  Json list = Json::array();
  std::string text;
  for (const network::EndpointRecord& record : stale) {
    const network::EndpointId& id = record.spec.id;
    list.push_back({{"containerId", id.container_id}, {"ifName", id.if_name}});
    text += id.container_id + " " + id.if_name + "\n";
  }
  const std::string what = dry_run ? " would be taken away" : " taken away";
  return {list, text + std::to_string(list.size()) + " attachments" + what + "\n"};
}

cli::Reply validate_reply(const std::vector<std::pair<std::string, Complaint>>& complaints,
                          bool colour) {
  Json list = Json::array();
  std::string text;
  bool fine = true;
  for (const auto& [path, each] : complaints) {
    const std::string severity = each.is_error ? "error" : "warning";
    fine = fine && !each.is_error;
    list.push_back({{"file", path},
                    {"line", each.location.line},
                    {"column", each.location.column},
                    {"severity", severity},
                    {"message", each.message}});
    text += path + ":" + std::to_string(each.location.line) + ":" +
            std::to_string(each.location.column) + ": " +
            painted(severity, paint_of(each.is_error), colour) + ": " + each.message + "\n";
  }
  if (list.empty()) text = painted("valid", kGreen, colour) + "\n";
  return {list, text, fine ? 0 : 1};
}

cli::Reply doctor_reply(const std::vector<network::Finding>& findings, const std::string& mended,
                        bool colour) {
  Json list = Json::array();
  std::string text = mended;
  bool fine = true;
  for (const network::Finding& finding : findings) {
    const Explanation& known = explanation_of(finding.id);
    fine = fine && !known.is_error;
    const std::string severity = known.is_error ? "error" : "warning";
    list.push_back({{"id", finding.id},
                    {"severity", severity},
                    {"what", finding.what},
                    {"why", known.why},
                    {"command", finding.command},
                    {"fixable", static_cast<bool>(finding.mend)}});
    text += painted(severity, paint_of(known.is_error), colour) + " " + finding.id + ": " +
            finding.what + "\n  why: " + std::string(known.why) + "\n  do:  " + finding.command +
            (finding.mend ? "   (or --fix)" : "") + "\n";
  }
  if (findings.empty()) text += painted("nothing amiss", kGreen, colour) + "\n";
  return {list, text, fine ? 0 : 1};
}

cli::Reply paths_reply(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += path + "\n";
  return {paths, text};
}

cli::Reply runtimes_reply(const std::vector<ContainerRuntime>& runtimes) {
  Json list = Json::array();
  Rows rows{{"RUNTIME", "CONFIGURATIONS", "PLUGINS", "ACCORDING TO"}};
  for (const ContainerRuntime& each : runtimes) {
    list.push_back({{"name", each.name},
                    {"file", each.file},
                    {"configFolder", each.config_folder},
                    {"pluginFolders", each.plugin_folders}});
    std::string folders;
    for (const std::string& folder : each.plugin_folders)
      folders += (folders.empty() ? "" : ":") + folder;
    rows.push_back({each.name, each.config_folder, folders, each.file.empty() ? "-" : each.file});
  }
  return {list, cli::in_columns(rows)};
}

}  // namespace azcni::vnet
