#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dhcp_server.h"
#include "lab.h"
#include "pings.h"

namespace azcni::test {

/// A Debian 12 node with systemd, in a virtual machine whose NIC is a port of the lab's fabric.
class Node {
 public:
  /// `lease`: of its DHCP address, in seconds; -1: endless.
  explicit Node(int lease = -1);

  /// A script of bash, as root; `helpers.sh` is sourced before it.
  lab::Exit run(const std::string& script);
  /// For set-up: throws unless the status is 0.
  std::string must_run(const std::string& script);
  /// A file of this machine, at /mnt/share on the node.
  void give(const std::string& path) const;

  /// Returns when it can be told the next script.
  void reboot();
  /// Leases are given and renewed, as they are from the start, or nobody answers.
  void serve_dhcp(bool on);

  const lab::Nic& nic() const { return nic_; }
  lab::Fabric& fabric() { return fabric_; }
  bool answers_pings() const;
  /// What the fabric asks of an address of the node, five times a second, from now on.
  lab::Pings pings(const std::string& address) const;

 private:
  void connect();
  /// The exit status that comes next; throws with the console's end when the node died.
  int next_status();

  lab::Nic nic_;
  int lease_;
  lab::Fabric fabric_;
  std::string port_;
  std::string share_;
  struct RemoveFolder {
    std::string path;
    ~RemoveFolder();
  } folder_;
  std::unique_ptr<lab::DhcpServer> dhcp_;
  std::optional<lab::Process> dns_;
  std::unique_ptr<lab::Wireserver> wireserver_;
  std::optional<lab::Process> machine_;
  UniqueFd agent_;
  int jobs_ = 0;
};

}  // namespace azcni::test
