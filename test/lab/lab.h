#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "namespaces.h"
#include "nic.h"
#include "process.h"
#include "wireserver.h"

/// Azure in a box: a fabric and VMs in namespaces of their own, for tests, the demo and benchmarks.
/// It touches nothing of the machine it runs on, and leaves nothing behind, even when killed.
namespace azcni::lab {

using Json = nlohmann::json;

inline constexpr const char* kRouterMac = "12:34:56:78:9a:bc";
inline constexpr const char* kWireserverIp = "168.63.129.16";
/// Of the instance metadata service, and of a host in the Internet: both answer a VM's own,
/// primary address only.
inline constexpr const char* kMetadataIp = "169.254.169.254";
inline constexpr const char* kInternetIp = "203.0.113.9";
inline constexpr const char* kInternetIp6 = "2001:db8::9";

/// A VM by its first NIC, eth0.
struct VmSpec : Nic {
  int number = 1;
  std::string name;
};

struct Options {
  int vms = 1;
  int secondaries = 8;  ///< of each family, for each VM
  unsigned mtu = 1500;
};

/// What connects the VMs: the virtual router at the subnet's .1, which drops and counts every frame
/// whose source is not the MAC address of the NIC that it came by, or not one of that NIC's IP
/// addresses, answers ARP for everything but the VM's own primary address, and sends back what
/// comes for another address of the same VM.
class Fabric {
 public:
  Fabric();
  /// A port with the NIC at its other end, moved to the network namespace `vm_net`.
  void connect(const Nic& nic, int vm_net, unsigned mtu);
  /// A port that a virtual machine opens as its NIC: a tap. Returns its name.
  std::string connect_machine(const Nic& nic);
  /// The NIC vanishes from the VM.
  void disconnect(const Nic& nic);
  /// The router tells the VM that it is there.
  void advertise_router_to(const Nic& nic) const;

  ExecContext context() const { return namespaces_.context(); }
  /// Dropped for a MAC address that is not the NIC's.
  int spoofed_frames() const;
  /// Dropped for an IP address that is not the NIC's: a host also sends back so what comes for a
  /// container that is gone.
  int foreign_packets() const;
  /// For a test that takes the VM's rules away, so that such frames are its own doing.
  void forget_spoofed_frames() const;
  /// Packets that came from a VM for one of its own addresses, or for another VM: by destination.
  int packets_to(const std::string& address) const;

 private:
  std::string new_port(const Nic& nic);
  void raise_port(const std::string& port, const Nic& nic) const;
  int counted(const std::string& counter) const;

  Namespaces namespaces_;
  std::map<std::string, std::string> ports_;  ///< by MAC address of the NIC
  int ports_made_ = 0;
};

/// A container's network namespace on a VM.
struct Pod {
  std::string name;
  std::string netns;  ///< its path, as the VM sees it: CNI_NETNS
  std::string container_id;

  std::string cni_args() const;
};

/// A plugin's record as it would be, had it been written some minutes earlier.
std::string older(const std::string& record);

/// What a plugin answered.
struct PluginExit {
  int status = 0;
  std::string text;
  Json json;        ///< null if it is none
  std::string err;  ///< its stderr

  std::string ip(std::size_t index = 0) const;  ///< ips[index] without its prefix length
};

class Vm {
 public:
  Vm(const VmSpec& spec, Fabric& fabric, const std::string& plugins, unsigned mtu);

  /// The guest's side of a NIC that comes, or is gone.
  void take_nic(const Nic& nic, const NicOptions& options);
  void forget_nic(const Nic& nic);

  const VmSpec& spec() const { return spec_; }
  const std::vector<Nic>& nics() const { return nics_; }  ///< eth0 first
  ExecContext context() const { return namespaces_.context(); }

  /// An empty network namespace with lo up.
  Pod make_pod(const std::string& name) const;
  /// Returns when the links that led there are gone, too: the kernel takes its time.
  void remove_netns(const Pod& pod) const;

  /// The shipped configuration's azure-vnet, in that mode.
  Json config(const std::string& mode = "transparent") const;

  PluginExit cni(const std::string& verb, const Pod& pod, const Json& config,
                 const std::string& if_name = "eth0") const;
  Process start_cni(const std::string& verb, const Pod& pod, const Json& config,
                    const std::vector<std::string>& wrapper = {},
                    const std::string& if_name = "eth0") const;
  /// As start_cni, for either plugin.
  Process start_plugin(const std::string& plugin, const std::string& verb, const Pod& pod,
                       const Json& config, const std::vector<std::string>& wrapper = {},
                       const std::string& if_name = "eth0") const;
  /// A reference plugin, with the same variables.
  PluginExit stock(const std::string& plugin, const std::string& verb, const Pod& pod,
                   const Json& config) const;
  /// CNI_PATH: ours, Debian's, and /run/cni, for plugins that a test makes.
  std::string plugin_path() const;
  /// An IPAM plugin "canned" that answers each ADD with `result`, and to other verbs nothing.
  void make_canned_ipam(const Json& result) const;

  /// azure-vnet-ipam, called directly.
  PluginExit ipam(const std::string& verb, const std::string& container, const Json& config,
                  const Process::Variables& more = {}) const;
  Process start_ipam(const std::string& verb, const std::string& container, const Json& config,
                     const Process::Variables& more = {}) const;
  static PluginExit plugin_exit(const Exit& exit);

  /// A program on the VM, or in a container of it.
  Exit run(const std::vector<std::string>& argv, const std::string& input = {}) const;
  Exit run_in(const Pod& pod, const std::vector<std::string>& argv) const;
  /// `ip -j …`, parsed.
  Json ip(const std::vector<std::string>& arguments) const;
  ExecContext context_of(const Pod& pod) const { return {-1, context().mnt, pod.netns}; }
  Json ip_in(const Pod& pod, const std::vector<std::string>& arguments) const;

  std::string read(const std::string& path) const;  ///< empty if absent
  void write(const std::string& path, const std::string& content) const;
  std::vector<std::string> list(const std::string& folder) const;

  /// The host's nf_tables as Debian keeps them (nftables.service): as nft prints them, and loaded
  /// in place of what is there.
  std::string save_ruleset() const;
  void load_ruleset(const std::string& saved) const;

  /// Waits until a file is there, at most kPatience.
  bool wait_for_file(const std::string& path) const;

  /// As cloud-init's Azure datasource leaves a VM at each boot: all addresses of the NIC are on it.
  void assign_secondaries() const;
  /// As a DHCP client does at first and at each renewal: the host's IPv4 address is that link's,
  /// for so many seconds.
  void lease_address(const std::string& link, int seconds) const;

  /// Everything that an attachment changes: links, addresses, routes, permanent neighbours and the
  /// names of our records. Nothing of it comes or goes by itself.
  std::string snapshot() const;
  /// As if what is attached had been so for some minutes longer: the times in its records.
  void age() const;
  void reboot() const;  ///< as far as the plugins can tell: another boot id, links gone

 private:
  /// As if it had been up for long: no duplicate address detection in the first second.
  void skip_dad(const std::string& interface) const;
  void wait_for_ipv6(const std::string& interface) const;
  Process::Variables variables_for(const std::string& verb, const Pod& pod,
                                   const std::string& if_name) const;

  VmSpec spec_;
  std::vector<Nic> nics_;
  std::string plugins_;
  Namespaces namespaces_;
};

class Lab {
 public:
  /// `plugins`: the folder with the binaries.
  explicit Lab(const std::string& plugins, const Options& options = {});

  Fabric& fabric() { return fabric_; }
  Wireserver& wireserver() { return *wireserver_; }
  Vm& vm(std::size_t index = 0) { return *vms_.at(index); }

  /// Is one ping answered? Waits 5 s: one that is lost is no busy machine's fault.
  static bool pings(const Vm& vm, const std::string& address);
  static bool pings_from(const Vm& vm, const Pod& pod, const std::string& address);

  /// Gives a VM an eth1, eth2…; the metadata names it from now on. eth0 stays the one by which the
  /// VM sends by default.
  Nic add_nic(Vm& vm, const NicOptions& options = {});
  /// Takes it away: its link is gone, and the metadata does not name it any more.
  void remove_nic(Vm& vm, const Nic& nic);
  bool pings_from_fabric(const std::string& address) const;

  /// The document that Azure has for this VM.
  static std::string metadata_of(const Nic& nic);
  static std::string metadata_of(const std::vector<Nic>& nics);

 private:
  /// Of all VMs as they are now.
  Wireserver::Handler metadata() const;

  Fabric fabric_;
  std::vector<std::unique_ptr<Vm>> vms_;
  std::unique_ptr<Wireserver> wireserver_;
};

}  // namespace azcni::lab
