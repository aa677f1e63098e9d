#pragma once

#include <functional>
#include <memory>
#include <string>

#include "azcni/base/undo_stack.h"
#include "azcni/net/netlink.h"
#include "links.h"

/// A NIC that systemd-networkd or NetworkManager configures can't be taken from it behind its back:
/// leases end, it is restarted, `netplan apply` is run. So the bridge and its port become part of
/// its own configuration, volatile, in /run, and it moves to the bridge what the NIC had: DHCP,
/// DNS, routes, router advertisements (docs/adr/0031).
namespace azcni::network::managed_bridge {

/// The one that configures a NIC.
class Manager {
 public:
  virtual ~Manager() = default;
  virtual std::string name() const = 0;
  /// Has it configure the NIC as a port of the bridge, and the bridge as it did the NIC.
  virtual void move(const Link& nic, const std::string& bridge) const = 0;
  /// Takes that back, as far as it can be done before the bridge is gone.
  virtual void forget(const std::string& nic) const = 0;
  /// Has it configure the NIC as before.
  virtual void take_back(const std::string& nic) const = 0;
};

/// Null where neither of them configures the NIC.
std::shared_ptr<const Manager> manager_of(const Link& nic);

/// The NIC becomes a port of the bridge, which the manager makes: of one that is there already
/// networkd would not hear that it is. Returns when the bridge
/// has the IPv4 addresses that the NIC had. `undo` gets the inverses.
void to_bridge(const std::shared_ptr<const Manager>& manager, net::Netlink& netlink,
               const Link& nic, const std::string& bridge, UndoStack& undo);
/// The other way; the bridge goes.
void to_nic(const Manager& manager, net::Netlink& netlink, const Link& nic,
            const std::string& bridge);

/// What a manager knows of links outlives it: systemd's own note tells whether it runs.
bool is_running(const std::string& service);

/// Of a file in sections ("[Match]"), those whose names fit.
std::string sections_of(const std::string& text,
                        const std::function<bool(const std::string&)>& fits);

}  // namespace azcni::network::managed_bridge
