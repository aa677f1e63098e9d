#pragma once

#include <string>

#include "lab.h"

namespace azcni::lab {

/// Releases of the Go plugins that differ in what they leave.
enum class GoRelease {
  k2020,  ///< v1.1.3, May: a lease names no owner; a transparent pod finds its gateway by proxy ARP
  k2022,  ///< v1.4.39, November: a lease names its container; a transparent pod's gateway is
          ///< 169.254.1.1
};

/// A VM as the Go plugins leave it to their successor: bridge and rules of ebtables in modes bridge
/// and tunnel, state files, and pods that run. They never remove what belongs to the network: a
/// node without pods is one that was drained, and not rebooted.
class GoNode {
 public:
  GoNode(const Vm& vm, const std::string& mode, GoRelease release = GoRelease::k2022);

  /// A running pod with that address, on record in both state files. Its name is its namespace's.
  Pod add_pod(const std::string& name, const std::string& ip);

 private:
  bool is_transparent() const { return bridge_.empty(); }
  void move_nic_to_bridge() const;
  void add_rule(const std::string& rule) const;
  std::string host_if_of(const Pod& pod) const;
  void plug_into_bridge(const std::string& host_if, const std::string& ip,
                        const std::string& mac) const;
  void configure(const Pod& pod, const std::string& ip) const;
  Json network_state() const;
  Json ipam_state() const;
  void write_state() const;

  const Vm& vm_;
  std::string mode_;
  GoRelease release_;
  std::string bridge_;  ///< empty in mode transparent
  Json endpoints_ = Json::object();
  Json leases_ = Json::object();
};

}  // namespace azcni::lab
