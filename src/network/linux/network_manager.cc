#include "network_manager.h"

#include <sstream>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "manager_command.h"

namespace azcni::network::network_manager {
namespace {

constexpr const char* kFolder = "/run/NetworkManager/system-connections";
constexpr std::size_t kMaxFile = 1 << 16;
constexpr std::chrono::seconds kLimit{40};  ///< it waits for DHCP itself, 30 s

std::string nmcli(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--terse", "--wait", "30"});
  return run_manager_command("nmcli", arguments, kLimit);
}

std::string port_profile(const std::string& nic) { return "azure-vnet-" + nic; }
std::string bridge_profile(const std::string& nic) { return "azure-vnet-" + nic + "-bridge"; }
std::string path_of(const std::string& profile) {
  return std::string(kFolder) + "/" + profile + ".nmconnection";
}

/// The UUID of the connection that is active on the NIC; empty: none is.
std::string connection_of(unsigned nic) {
  std::istringstream lines(
      file::read("/run/NetworkManager/devices/" + std::to_string(nic), kMaxFile).value_or(""));
  constexpr std::string_view kKey = "connection-uuid=";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kKey)) return line.substr(kKey.size());
  }
  return {};
}

/// Of `nmcli --terse`: a backslash is before each colon and backslash.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

std::string file_of(const std::string& uuid) {
  std::istringstream lines(nmcli({"--fields", "UUID,FILENAME", "connection", "show"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(uuid + ":")) return unescaped(line.substr(uuid.size() + 1));
  }
  throw Error(ErrorCode::kSystem, "NetworkManager does not say where connection " + uuid + " is");
}

std::string section(const std::string& text, const std::string& name) {
  const std::string found =
      managed_bridge::sections_of(text, [&](const std::string& each) { return each == name; });
  return found.empty() ? "[" + name + "]\nmethod=auto\n" : found;
}

class NetworkManager final : public managed_bridge::Manager {
 public:
  std::string name() const override { return "NetworkManager"; }

  void move(const Link& nic, const std::string& bridge) const override {
    const std::string active = file_of(connection_of(nic.index));
    const std::string of_bridge = path_of(bridge_profile(nic.name)),
                      of_port = path_of(port_profile(nic.name));
    if (active != of_port) write(of_bridge, bridge_text(nic, bridge, read(active)));
    write(of_port, "[connection]\nid=" + port_profile(nic.name) +
                       "\ntype=ethernet\ninterface-name=" + nic.name + "\nmaster=" + bridge +
                       "\nslave-type=bridge\nautoconnect-priority=900\n");
    nmcli({"connection", "load", of_bridge, of_port});
    nmcli({"connection", "up", port_profile(nic.name)});
    nmcli({"connection", "up", bridge_profile(nic.name)});
  }

  void forget(const std::string& nic) const override {
    nmcli({"connection", "delete", bridge_profile(nic), port_profile(nic)});
  }

  void take_back(const std::string& nic) const override { nmcli({"device", "connect", nic}); }

 private:
  static std::string read(const std::string& path) {
    return file::read(path, kMaxFile).value_or("");
  }
  /// As it had the NIC. Its client's id is else made of the connection's.
  static std::string bridge_text(const Link& nic, const std::string& bridge,
                                 const std::string& of_nic) {
    std::string ip4 = section(of_nic, "ipv4");
    if (ip4.find("dhcp-client-id=") == std::string::npos) ip4 += "dhcp-client-id=mac\n";
    return "[connection]\nid=" + bridge_profile(nic.name) +
           "\ntype=bridge\ninterface-name=" + bridge +
           "\nautoconnect-priority=900\n[bridge]\nstp=false\nmulticast-snooping=false\n" +
           "mac-address=" + net::to_string(nic.mac) + "\n" + ip4 + section(of_nic, "ipv6");
  }
  /// It takes no file that others than root may read.
  static void write(const std::string& path, const std::string& text) {
    file::make_folder(kFolder);
    file::replace(path, text);
  }
};

}  // namespace

std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic) {
  if (!managed_bridge::is_running("NetworkManager")) return nullptr;
  if (connection_of(nic.index).empty()) return nullptr;
  return std::make_shared<NetworkManager>();
}

}  // namespace azcni::network::network_manager
