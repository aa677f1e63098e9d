#include "networkd.h"

#include <algorithm>
#include <sstream>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "manager_command.h"

namespace azcni::network::networkd {
namespace {

constexpr const char* kFolder = "/run/systemd/network";
constexpr std::size_t kMaxFile = 1 << 16;
constexpr std::chrono::seconds kLimit{20};

std::string path_of(const std::string& nic, const char* rest) {
  return std::string(kFolder) + "/05-azure-vnet-" + nic + rest;
}

/// A value of the state that it keeps of a link.
std::string state_of(unsigned link, const std::string& key) {
  std::istringstream lines(
      file::read("/run/systemd/netif/links/" + std::to_string(link), kMaxFile).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
  }
  return {};
}

/// With its drop-ins, whose settings come after those of the file.
std::string content_of(const std::string& path) {
  std::string text = file::read(path, kMaxFile).value_or("");
  const std::string name = path.substr(path.rfind('/'));
  for (const char* root : {"/usr/lib", "/run", "/etc"}) {
    const std::string folder = std::string(root) + "/systemd/network" + name + ".d";
    std::vector<std::string> names = file::list(folder);
    std::sort(names.begin(), names.end());
    for (const std::string& each : names)
      text += "\n" + file::read(folder + "/" + each, kMaxFile).value_or("");
  }
  return text;
}

class Networkd final : public managed_bridge::Manager {
 public:
  std::string name() const override { return "systemd-networkd"; }

  void move(const Link& nic, const std::string& bridge) const override {
    const std::string of_nic = state_of(nic.index, "NETWORK_FILE");
    const std::string own = path_of(nic.name, ".network"),
                      of_bridge = path_of(nic.name, "-bridge.network");
    if (of_nic != own) {
      const auto fits = [](const std::string& section) { return section != "Match"; };
      write(of_bridge, "[Match]\nName=" + bridge + "\n" +
                           managed_bridge::sections_of(content_of(of_nic), fits));
    }
    write(path_of(nic.name, ".netdev"), "[NetDev]\nName=" + bridge +
                                            "\nKind=bridge\nMACAddress=" + net::to_string(nic.mac) +
                                            "\n[Bridge]\nSTP=no\nMulticastSnooping=no\n");
    write(own, "[Match]\nName=" + nic.name + "\n[Network]\nBridge=" + bridge +
                   "\nKeepConfiguration=yes\n");
    networkctl({"reload"});
    if (of_nic == own) networkctl({"reconfigure", nic.name});  // it was read before
  }

  void forget(const std::string& nic) const override {
    for (const char* rest : {".network", "-bridge.network", ".netdev"})
      file::remove(path_of(nic, rest));
  }

  void take_back(const std::string& nic) const override {
    networkctl({"reload"});
    networkctl({"reconfigure", nic});
  }

 private:
  /// It runs as a user of its own.
  static void write(const std::string& path, const std::string& text) {
    file::make_folder(kFolder, file::Readers::kAll);
    file::replace(path, text, file::Readers::kAll);
  }
  static void networkctl(const std::vector<std::string>& arguments) {
    run_manager_command("networkctl", arguments, kLimit);
  }
};

}  // namespace

std::shared_ptr<const managed_bridge::Manager> find_manager(const Link& nic) {
  if (!managed_bridge::is_running("systemd-networkd")) return nullptr;
  if (state_of(nic.index, "NETWORK_FILE").empty()) return nullptr;
  if (state_of(nic.index, "ADMIN_STATE") == "unmanaged") return nullptr;
  return std::make_shared<Networkd>();
}

}  // namespace azcni::network::networkd
