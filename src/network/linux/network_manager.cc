#include "network_manager.h"

#include <algorithm>
#include <sstream>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "manager_command.h"

namespace azcni::network::network_manager {
namespace {

constexpr const char* kFolder = "/run/NetworkManager/conf.d";
constexpr std::size_t kMaxFile = 4096;
constexpr std::chrono::seconds kLimit{20}, kActivationLimit{45};
constexpr const char* kActivationSeconds = "30";
/// Before the NIC's own.
constexpr const char* kPriority = "900";
constexpr const char* kFormer = "# The NIC's profile: ";

std::string nmcli(const std::vector<std::string>& arguments,
                  std::chrono::milliseconds limit = kLimit) {
  return run_manager_command("nmcli", arguments, limit);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream rest(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(rest, line);) lines.push_back(line);
  return lines;
}

std::string value_of(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

std::map<std::string, std::string> device_fields(const std::string& device) {
  return fields_of(nmcli({"--terse", "--escape", "no", "--fields",
                          "GENERAL.STATE,GENERAL.CONNECTION,GENERAL.CON-UUID,IP4.ROUTE", "device",
                          "show", device}));
}

/// By NetworkManager, and not by somebody else.
bool is_configured(const std::map<std::string, std::string>& device) {
  const std::string state = value_of(device, "GENERAL.STATE");
  return state.starts_with("100") && state.find("externally") == std::string::npos;
}

std::string profile_of_port(const std::string& nic) { return "azure-vnet-" + nic; }
std::string profile_of_bridge(const std::string& nic) { return profile_of_port(nic) + "-bridge"; }

std::string path_of(const std::string& nic) {
  return std::string(kFolder) + "/05-azure-vnet-" + nic + "-bridge.conf";
}

/// The profile that the NIC had before its bridge, as our file has it; empty if there is none.
std::string former_profile(const std::string& nic) {
  for (const std::string& line : lines_of(file::read(path_of(nic), kMaxFile).value_or(""))) {
    if (line.starts_with(kFormer)) return line.substr(std::string(kFormer).size());
  }
  return {};
}

std::vector<std::string> own_profiles(const std::string& nic) {
  std::vector<std::string> names =
      lines_of(nmcli({"--terse", "--escape", "no", "--fields", "NAME", "connection", "show"}));
  std::erase_if(names, [&](const std::string& each) {
    return each != profile_of_port(nic) && each != profile_of_bridge(nic);
  });
  return names;
}

void delete_profiles(const std::string& nic) {
  for (const std::string& each : own_profiles(nic)) nmcli({"connection", "delete", "id", each});
}

class NetworkManager final : public managed_bridge::Manager {
 public:
  std::string name() const override { return "NetworkManager"; }

  void move(const Link& nic, const std::string& bridge) const override {
    const std::string known = former_profile(nic.name);
    if (known.empty() || own_profiles(nic.name).size() != 2) make_profiles(nic, bridge, known);
    nmcli({"--wait", kActivationSeconds, "connection", "up", "id", profile_of_port(nic.name)},
          kActivationLimit);
  }

  void forget(const std::string& nic) const override { delete_profiles(nic); }

  void take_back(const std::string& nic) const override {
    const std::string former = former_profile(nic);
    file::remove(path_of(nic));
    nmcli({"general", "reload", "conf"});
    if (!former.empty()) {
      nmcli({"--wait", kActivationSeconds, "connection", "up", "uuid", former, "ifname", nic},
            kActivationLimit);
    } else {
      nmcli({"--wait", kActivationSeconds, "device", "connect", nic}, kActivationLimit);
    }
  }

 private:
  /// An administrator's file, or the one that we install, may keep it from bridges of that name.
  static void take_charge_of(const std::string& nic, const std::string& bridge,
                             const std::string& former) {
    file::make_folder(kFolder, file::Readers::kAll);
    file::replace(path_of(nic),
                  kFormer + former + "\n[keyfile]\nunmanaged-devices+=interface-name:azv*;except:" +
                      "interface-name:" + bridge + "\n",
                  file::Readers::kAll);
    nmcli({"general", "reload", "conf"});
  }

  static std::map<std::string, std::string> profile(const std::string& uuid) {
    return fields_of(
        nmcli({"--terse", "--escape", "no", "--fields", "connection,ipv4,ipv6,802-3-ethernet",
               "connection", "show", "uuid", uuid}));
  }

  static void make_profiles(const Link& nic, const std::string& bridge, const std::string& known) {
    const auto device = device_fields(nic.name);
    const std::string active = value_of(device, "GENERAL.CON-UUID");
    const bool is_ours = value_of(device, "GENERAL.CONNECTION") == profile_of_port(nic.name);
    const std::string former = active.empty() || is_ours ? known : active;
    take_charge_of(nic.name, bridge, former);
    delete_profiles(nic.name);
    add_profiles(nic, bridge, inherited_settings(profile(former), default_metric(device)));
  }

  static void add_profiles(const Link& nic, const std::string& bridge,
                           std::vector<std::string> of_bridge) {
    of_bridge.insert(of_bridge.end(), {"bridge.mac-address", net::to_string(nic.mac), "bridge.stp",
                                       "no", "bridge.multicast-snooping", "no"});
    add_profile("bridge", bridge, profile_of_bridge(nic.name), of_bridge);
    add_profile("ethernet", nic.name, profile_of_port(nic.name),
                {"master", bridge, "slave-type", "bridge", "bridge-port.hairpin-mode", "yes"});
  }

  /// In memory: the next boot finds none of them.
  static void add_profile(const std::string& type, const std::string& link, const std::string& name,
                          const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{"connection", "add",    "save", "no",       "type",
                                       type,         "ifname", link,   "con-name", name};
    arguments.insert(arguments.end(), {"connection.autoconnect-priority", kPriority});
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    nmcli(arguments);
  }
};

}  // namespace

std::map<std::string, std::string> fields_of(const std::string& output) {
  std::map<std::string, std::string> fields;
  for (const std::string& line : lines_of(output)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 1 == line.size()) continue;
    fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

std::vector<std::string> inherited_settings(const std::map<std::string, std::string>& profile,
                                            const std::string& metric) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : profile) {
    const bool is_of_ip = name.starts_with("ipv4.") || name.starts_with("ipv6.");
    const bool is_of_link = name == "connection.zone" || name == "connection.mdns" ||
                            name == "connection.llmnr" || name == "connection.dns-over-tls" ||
                            name == "802-3-ethernet.mtu";
    if (!is_of_ip && !is_of_link) continue;
    if (value == "-1" || (value == "auto" && name == "802-3-ethernet.mtu")) continue;
    settings.insert(settings.end(), {name, value});
  }
  for (const std::string family : {"ipv4", "ipv6"}) {
    if (!metric.empty() && value_of(profile, family + ".route-metric") == "-1")
      settings.insert(settings.end(), {family + ".route-metric", metric});
  }
  return settings;
}

std::string default_metric(const std::map<std::string, std::string>& device) {
  for (const auto& [name, route] : device) {
    const std::size_t metric = route.find("mt = ");
    if (!name.starts_with("IP4.ROUTE") || !route.starts_with("dst = 0.0.0.0/0") ||
        metric == std::string::npos)
      continue;
    const std::string rest = route.substr(metric + 5);
    return rest.substr(0, rest.find_first_not_of("0123456789"));
  }
  return {};
}

std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic) {
  if (!managed_bridge::is_running("NetworkManager")) return nullptr;
  const auto manager = std::make_shared<NetworkManager>();
  if (!former_profile(nic.name).empty()) return manager;
  return is_configured(device_fields(nic.name)) ? manager : nullptr;
}

}  // namespace azcni::network::network_manager
