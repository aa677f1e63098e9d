#include "nic_bridge.h"

#include <string_view>

#include "azcni/net/interfaces.h"
#include "modes/mode.h"
#include "naming.h"

namespace azcni::network::nic_bridge {
namespace {

constexpr const char* kBridge = "bridge";
constexpr std::string_view kPrefix = "azure";  ///< of names of bridges, as with the Go plugins

std::string described(const Link& link) {
  return link.kind.empty() ? "a NIC" : "of kind " + link.kind;
}

void require_bridge(const std::string& name, const Link& link) {
  if (link.kind == kBridge) return;
  throw Error(ErrorCode::kInvalidConfig,
              "\"" + name + "\" is no bridge, but " + described(link) +
                  ": the VM's NIC can't become its port",
              "correct or leave out `bridge` of the configuration");
}

/// What the NIC is below, which must be a bridge.
std::string current(net::Netlink& netlink, const NetworkSpec& spec, const Link& nic) {
  const std::string name = link_name(nic.master);
  const Link master = require_link(netlink, name);
  if (master.kind == kBridge) return name;
  throw Error(ErrorCode::kNoMaster,
              spec.master + " is below " + name + ", which is " + described(master) +
                  ": it can't become a port of a bridge",
              "name " + name +
                  " in `master` of the configuration, if that has the host's address; "
                  "else use mode transparent");
}

bool was_on(const std::string& bridge, const NetworkSpec& spec,
            const std::optional<NetworkRecord>& known) {
  return known && known->spec.master == spec.master && bridge_of(known->spec) == bridge;
}

}  // namespace

std::string choose(net::Netlink& netlink, const NetworkSpec& spec, const Link& nic,
                   const std::optional<NetworkRecord>& known) {
  require_possible(netlink, spec);
  if (nic.master != 0) return current(netlink, spec, nic);
  const std::string name = spec.bridge.name.empty()
                               ? std::string(kPrefix) + std::to_string(nic.index)
                               : spec.bridge.name;
  const auto bridge = find_link(netlink, name);
  if (!bridge || was_on(name, spec, known)) return name;
  require_bridge(name, *bridge);
  const std::string advice =
      "leave out `bridge` of the configuration; or, if this bridge is meant, "
      "make " +
      spec.master + " its port and move the host's addresses to it";
  if (!is_ours(name, *bridge)) {
    throw Error(ErrorCode::kInvalidConfig,
                "bridge " + name + " is not ours, and " + spec.master + " is no port of it",
                advice);
  }
  require_no_other_port(name, *bridge, spec.master, ErrorCode::kInvalidConfig, advice);
  return name;
}

void require_possible(net::Netlink& netlink, const NetworkSpec& spec) {
  if (spec.bridge.name.empty()) return;
  if (const auto bridge = find_link(netlink, spec.bridge.name))
    require_bridge(spec.bridge.name, *bridge);
}

bool is_ours(const std::string& name, const Link& bridge) {
  if (bridge.group == kBridgeGroup) return true;
  // Bridges of the Go plugins and of former versions have no group.
  return name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
         name.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos;
}

void require_no_other_port(const std::string& name, const Link& bridge, const std::string& nic,
                           ErrorCode code, const std::string& details) {
  for (const net::Interface& link : net::list_interfaces()) {
    if (link.bridge != bridge.index || link.name == nic || link.name.starts_with(kLinkPrefix))
      continue;
    throw Error(
        code,
        link.name + " is a port of bridge " + name + ", and neither " + nic + " nor a container's",
        details);
  }
}

}  // namespace azcni::network::nic_bridge
