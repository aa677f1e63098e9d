#include "managed_bridge.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "azcni/base/error.h"
#include "host_config.h"
#include "network_manager.h"
#include "networkd.h"

namespace azcni::network::managed_bridge {
namespace {

/// Some DHCP servers are asked more than once.
constexpr std::chrono::seconds kLimit{30};

std::vector<net::IpAddress> ip4_addresses(net::Netlink& netlink, const std::string& link) {
  const auto found = find_link(netlink, link);
  if (!found) return {};
  std::vector<net::IpAddress> addresses = HostConfig::read(netlink, found->index).addresses();
  std::erase_if(addresses, [](const net::IpAddress& each) { return !each.is_ipv4(); });
  return addresses;
}

/// Until the link has all of them, or any where none is known.
void wait_for(const Manager& manager, net::Netlink& netlink, const std::string& link,
              const std::vector<net::IpAddress>& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  for (;;) {
    const auto there = ip4_addresses(netlink, link);
    const auto is_there = [&](const net::IpAddress& each) {
      return std::find(there.begin(), there.end(), each) != there.end();
    };
    if (!there.empty() && std::all_of(wanted.begin(), wanted.end(), is_there)) return;
    if (std::chrono::steady_clock::now() > deadline) break;
    static_cast<void>(::poll(nullptr, 0, 10));
  }
  throw Error(ErrorCode::kSystem,
              manager.name() + " has not given " + link + " the host's address within " +
                  std::to_string(kLimit.count()) + " s",
              "its log says why: journalctl -u " + manager.name());
}

}  // namespace

std::shared_ptr<const Manager> manager_of(const Link& nic) {
  if (auto found = networkd::find_manager(nic)) return found;
  return network_manager::find_manager(nic);
}

void to_bridge(const std::shared_ptr<const Manager>& manager, net::Netlink& netlink,
               const Link& nic, const std::string& bridge, UndoStack& undo) {
  const auto addresses = ip4_addresses(netlink, nic.name);
  undo.push("have " + manager->name() + " configure " + nic.name + " as before",
            [manager, nic, bridge] {
              net::Netlink socket;
              to_nic(*manager, socket, nic, bridge);
            });
  manager->move(nic, bridge);
  wait_for(*manager, netlink, bridge, addresses);
  claim_bridge(netlink, require_link(netlink, bridge));
}

void to_nic(const Manager& manager, net::Netlink& netlink, const Link& nic,
            const std::string& bridge) {
  const auto addresses = ip4_addresses(netlink, bridge);
  manager.forget(nic.name);
  if (const auto there = find_link(netlink, bridge)) delete_link(netlink, *there);
  manager.take_back(nic.name);
  wait_for(manager, netlink, nic.name, addresses);
}

bool is_running(const std::string& service) {
  std::error_code ignored;
  return std::filesystem::is_symlink("/run/systemd/units/invocation:" + service + ".service",
                                     ignored);
}

std::string sections_of(const std::string& text,
                        const std::function<bool(const std::string&)>& fits) {
  std::istringstream lines(text);
  std::string found;
  bool is_wanted = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) is_wanted = fits(line.substr(1, line.find(']') - 1));
    if (is_wanted) found += line + "\n";
  }
  return found;
}

}  // namespace azcni::network::managed_bridge
