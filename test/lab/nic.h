#pragma once

#include <string>
#include <vector>

namespace azcni::lab {

/// A NIC as Azure knows it.
struct Nic {
  std::string interface;  ///< its name in the VM
  std::string mac;
  std::string ip4;  ///< primary
  std::string ip6;
  std::vector<std::string> secondary4;  ///< for containers
  std::vector<std::string> secondary6;
  std::string subnet4;
  std::string subnet6;
  std::string gateway4;
};

/// A further NIC of a VM.
struct NicOptions {
  bool own_subnet = true;   ///< or eth0's
  bool has_address = true;  ///< or nobody configured it
  bool up = true;
  int secondaries = 3;  ///< of each family
};

/// NIC `number` of VM `vm`: eth0 is number 0, the first VM number 1.
Nic make_nic(int vm, int number, const NicOptions& options);

/// Lines of `ip -batch` that configure a further NIC as Azure's DHCP server and router would.
std::string configuration_of(const Nic& nic, int metric);
/// Of these its routes of DHCP option 121: the wireserver and the metadata service are behind each
/// NIC's gateway.
std::string option_121_of(const Nic& nic, int metric);

}  // namespace azcni::lab
