#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/undo_stack.h"
#include "azcni/network/endpoint.h"

/// The seam between the operating systems: networks and attachments as Linux or Windows make them.
namespace azcni::network {

struct Subnet {
  net::Prefix prefix;
  std::optional<net::IpAddress> gateway;
};

/// Of modes bridge and tunnel.
struct BridgeOptions {
  std::string name;     ///< empty: azure<index of the NIC>, or the one that the NIC is a port of
  bool hairpin = true;  ///< of the NIC's port
  std::vector<net::Prefix> via_host = {};  ///< what containers reach through the host's routing
  bool operator==(const BridgeOptions&) const = default;
};

/// On Linux: what the host's IP stack does for the containers.
struct HostRouting {
  bool ip_forward = true;              ///< switch forwarding on
  bool masquerade = false;             ///< what leaves the VNET has the host's address
  std::vector<net::Prefix> vnet = {};  ///< empty: all private networks
  bool forward_accept = false;         ///< let containers pass the firewalls of others
  bool operator==(const HostRouting&) const = default;
};

/// On Linux: what containers may send.
struct Guard {
  bool sources = true;                    ///< in their own name alone
  std::vector<net::Prefix> allowed = {};  ///< sources beside their own, in modes with a bridge
  bool metadata = true;                   ///< to the instance metadata service
  bool operator==(const Guard&) const = default;
};

/// Windows only; HNS creates a network complete.
struct HnsOptions {
  std::string adapter = {};  ///< instead of the master's name
  Dns dns = {};
  std::vector<Json> policies = {};  ///< of kind NetworkPolicy, as configured
  std::string sandbox = {};         ///< of the container that it is made for
};

struct NetworkSpec {
  std::string name;
  Mode mode = Mode::kTransparent;
  std::string master = {};           ///< the NIC
  std::vector<Subnet> subnets = {};  ///< of the addresses that it is made for; not on record
  BridgeOptions bridge = {};
  HostRouting routing = {};
  Guard guard = {};
  HnsOptions hns = {};
};

/// True if a network that was made as `known` serves where `wanted` is configured. An empty master
/// or bridge matches any. HNS's options are those of its creation: they are not compared.
bool fits(const NetworkSpec& known, const NetworkSpec& wanted);

/// A network as it was made, by one of its NICs; outlives its containers.
struct NetworkRecord {
  NetworkSpec spec;
  unsigned mtu = 0;  ///< of the NIC, and so of every container
  /// Windows: what HNS has. Linux: NicRecord::before, for the versions that kept it here.
  Json host = {};
  /// Linux: what the kernel had when the network was connected; older records have none.
  std::optional<bool> has_nf_tables = {};
  std::chrono::microseconds connected_at{0};  ///< since the boot: tells one connect() from another
};

void to_json(Json& json, const NetworkRecord& record);
void from_json(const Json& json, NetworkRecord& record);

/// True if the attachment is of this network, by this NIC: a network has a record for each NIC that
/// it is connected by. Older records of attachments name no NIC: there was one.
bool is_of(const EndpointRecord& endpoint, const NetworkRecord& network);

/// One of the NICs of a host that has several.
struct HostNic {
  std::string link;  ///< on which the host has its addresses: the NIC, or its bridge
  net::MacAddress mac = {};
  unsigned index = 0;
  bool is_default = false;                  ///< the host's default route leads by it
  std::vector<net::Prefix> addresses = {};  ///< of the host, with the lengths of their subnets
  bool operator==(const HostNic&) const = default;
};

/// A NIC as it was seen when a network was connected by it, and what was done to it: a fact of the
/// NIC, whatever becomes of its networks.
struct NicRecord {
  std::string name;
  net::MacAddress mac = {};
  unsigned number = 0;  ///< its index when it was first seen: it keeps it when it is replugged
  unsigned mtu = 0;
  std::string bridge = {};  ///< whose port it is, of modes bridge and tunnel; empty: of none
  std::vector<net::IpAddress> host_addresses = {};  ///< on the bridge
  Json before = {};  ///< what the host had configured on it: a bridge can be deleted with all that
  std::vector<net::Prefix> subnets = {};  ///< of its containers' addresses
  std::vector<HostNic> host_nics = {};    ///< where there are several: all, this one too
  bool has_nf_tables = false;
  std::uint32_t table = 0;  ///< Placement::table of its containers
};

void to_json(Json& json, const HostNic& nic);
void from_json(const Json& json, HostNic& nic);
void to_json(Json& json, const NicRecord& record);
void from_json(const Json& json, NicRecord& record);

/// What is on record of one NIC.
struct NicState {
  std::optional<NicRecord> nic;
  std::vector<NetworkRecord> networks;
};

/// Packets of containers that were dropped, of a kind.
struct Dropped {
  std::string where;  ///< the table of the rule
  std::string why;    ///< "spoofed", "wireserver" or "metadata"
  std::uint64_t packets = 0;
};

/// Something of the host that keeps containers from working, or will.
struct Finding {
  std::string id;                   ///< stable; azure-vnet's catalogue says why it matters
  std::string what;                 ///< that was found
  std::string command;              ///< that mends it
  std::function<void()> mend = {};  ///< the same, where that is safe
};

/// An attachment whose host's half is not whole.
struct Broken {
  EndpointId id;
  std::vector<std::string> missing;  ///< each as the command that would make it
};

/// All calls throw Error: kSystem with the object and the system's reason, kInvalidNetns,
/// kNoMaster.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Throws what would keep connect() from making such a network, whatever is there already.
  virtual void require_possible(const NetworkSpec& spec,
                                const std::optional<NetworkRecord>& known) = 0;
  /// True if the network is still as connect() made it: cheap, for every ADD.
  virtual bool is_connected(const NetworkRecord& network, const NicState& on_nic) = 0;
  struct Connected {
    NicRecord nic;
    NetworkRecord network;
  };
  /// Makes what is missing of the network and its NIC. `known`: what the network was, if it was
  /// there once; `containers`: those that are attached, to be kept connected; `undo` gets the
  /// inverses of the steps, which rest on nothing of the caller's.
  virtual Connected connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                            const NicState& on_nic, const std::vector<EndpointRecord>& containers,
                            UndoStack& undo) = 0;
  /// Removes what is of this network, which has no container. Gives the NIC back what the host had
  /// configured on it, unless another network of `rest`, those of the NIC without this one, needs
  /// it as it is, or one of `attached`, the attachments of those. What it shares with `others`, all
  /// NICs and networks of the node but this one, stays. Returns what the NIC is then. A NIC that is
  /// gone is no error.
  virtual NicRecord disconnect(const NetworkRecord& network, const NicState& rest,
                               const std::vector<NicState>& others,
                               const std::vector<EndpointRecord>& attached) = 0;

  /// True if the attachment's own link is there: proof that its container lives, since a link ends
  /// with the container's namespace. That the sandbox's path can't be opened proves nothing: the
  /// caller may see other mounts.
  virtual bool is_attached(const EndpointSpec& endpoint) = 0;
  /// Those of `ids` that are attached, by whatever name their links have: for lost records.
  virtual std::vector<EndpointId> find_attached(const std::vector<EndpointId>& ids) = 0;
  /// What can be told of all attachments without their records: links and addresses. Whose they are
  /// is told by host_mac() of an id; of that there is the interface alone.
  virtual std::vector<EndpointRecord> list_attached() = 0;
  /// Makes what the record says and is not there: the links, and with addresses all the rest. A
  /// link of the same name that belongs to another container, an earlier life of the pod, goes.
  /// Returns the interfaces, the container's last.
  virtual std::vector<EndpointInterface> attach(const NetworkRecord& network,
                                                const EndpointRecord& endpoint) = 0;
  /// Lets a container of the same pod share an attachment that is complete. False where that is
  /// not done, and ADD of what is attached is an error.
  virtual bool share(const EndpointSpec& endpoint, const std::string& container_id) = 0;
  /// As attach, of the host's half of what is attached: what is there stays. Throws what is missing
  /// all the same.
  virtual void restore(const NetworkRecord& network, const NicState& on_nic,
                       const EndpointRecord& endpoint) = 0;
  /// As restore, of both halves, where is_reachable().
  virtual void restore_container(const NetworkRecord& network, const NicState& on_nic,
                                 const EndpointRecord& endpoint) = 0;
  /// True if the sandbox can be entered, and has the container's end of this attachment: the path
  /// may be another container's by now.
  virtual bool is_reachable(const EndpointSpec& endpoint) = 0;
  /// Those of `endpoints`, of networks of `nics`, that have their link and lack something of the
  /// host's half.
  virtual std::vector<Broken> find_broken(const std::vector<NicState>& nics,
                                          const std::vector<EndpointRecord>& endpoints) = 0;
  /// Removes what tables of ours have for containers that are on no record, and that no link leads
  /// to. `on_record` is asked after they were listed: a record is there before what it stands for.
  virtual void sweep(const std::function<std::vector<EndpointRecord>()>& on_record) = 0;
  /// Removes whatever is left of the attachment, and nothing of another one. Absent is fine, an
  /// incomplete record, too.
  virtual void detach(const std::optional<NetworkRecord>& network,
                      const EndpointRecord& endpoint) = 0;
  /// What is missing of the attachment, its network and its NIC, each in words.
  virtual std::vector<std::string> missing(const NetworkRecord& network, const NicState& on_nic,
                                           const EndpointRecord& endpoint) = 0;

  /// Looks for what is wrong with the host, given what is on record.
  virtual std::vector<Finding> diagnose(const std::vector<NetworkRecord>& networks,
                                        const std::vector<EndpointRecord>& endpoints) = 0;

  /// Packets that containers sent and may not, since the rules were made; none of them is left out.
  virtual std::vector<Dropped> dropped() { return {}; }

  /// The MAC address of a link of the host.
  virtual std::optional<net::MacAddress> find_mac(const std::string& link) = 0;
};

/// The NIC that holds an address of this subnet, else the one that the host's default route leads
/// through. Throws kNoMaster.
std::string find_master(const net::Prefix& subnet);

struct BackendOptions {
  std::chrono::milliseconds limit{0};  ///< of each call of a service of the system; 0: its default
};

/// How the network connects a container that is attached now.
Placement placement_of(const NicRecord& nic, const NetworkRecord& network);

/// The running system's.
std::unique_ptr<Backend> make_backend(const BackendOptions& options);

}  // namespace azcni::network
