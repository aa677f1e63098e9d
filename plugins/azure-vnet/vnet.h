#pragma once

#include <memory>

#include "azcni/base/paths.h"
#include "azcni/cni/delegate.h"
#include "azcni/cni/request.h"
#include "azcni/cni/result.h"
#include "azcni/network/backend.h"
#include "azcni/network/endpoint.h"
#include "azcni/store/lock_table.h"
#include "azcni/store/records.h"
#include "config.h"

namespace azcni::vnet {

/// The parts that the verbs work on, put together once for each call.
struct Context {
  /// The manifest is beside the folder of records.
  explicit Context(std::unique_ptr<network::Backend> system,
                   const std::string& folder = paths::state_folder("azure-vnet"));

  const std::chrono::microseconds began = store::uptime();  ///< this call
  std::unique_ptr<network::Backend> backend;
  store::Store store;
  store::LockTable locks;
  store::Records<network::NicRecord> nics;            ///< by name
  store::Records<network::NetworkRecord> networks;    ///< by name
  store::Records<network::EndpointRecord> endpoints;  ///< by EndpointId::key()
  /// Of GC: attachments that its list did not name, and may be too old to: their writtenAt.
  store::Records<std::int64_t> unnamed;
  /// When all attachments were looked at last; since the boot, in microseconds.
  store::Records<std::int64_t> looked;
};

cni::Result add(const cni::Request& request, const Config& config, Context& context);
void check(const cni::Request& request, Context& context);
void del(const cni::Request& request, Context& context);
void gc(const cni::Request& request, Context& context);
void status(const cni::Request& request, const Config& config, Context& context);

/// Removes whatever there is of an attachment; the caller holds its lock. Not an error if it is
/// nothing.
void teardown(const cni::Request& request, const store::NamedLock& lock, Context& context);

/// Asked for the addresses when, and not before, they are needed: IPAM works meanwhile.
using AddressSource = std::function<network::Addressing()>;

/// The network as it is wanted, made if it is not there as it should be. Only then the
/// addresses are asked for: by their subnet a NIC is found where none is named.
network::NetworkRecord ensure_network(network::NetworkSpec wanted,
                                      const AddressSource& await_addressing, Context& context);

/// For an attachment that is complete on record since a moment: whoever remade `network` before
/// that moment left it out of the tables.
void restore_if_remade(const network::NetworkRecord& network,
                       const network::EndpointRecord& endpoint, const Context& context);

/// Puts back what is missing on the host of all attachments that live; unless it is to be done at
/// once, at most once in 10 s a node. Throws what could not be put back.
void repair_attachments(Context& context, bool at_once = false);

/// How a container is connected that is attached to the network now.
network::Placement placement_in(const network::NetworkRecord& network, const Context& context);

/// What is on record of a NIC.
network::NicState state_of(const std::string& nic, const Context& context);

/// True if the network is still as it was made.
bool is_connected(const network::NetworkRecord& network, const Context& context);

/// What is missing of an attachment on record, in words; empty if it is whole.
std::string find_missing(const network::EndpointRecord& endpoint, const Context& context);

/// Makes a network that is on record as it was.
void mend_network(const network::NetworkRecord& known, Context& context);

/// The containers attached to a network.
std::vector<network::EndpointRecord> containers_of(const std::string& network,
                                                   const Context& context);

/// Detaches what an earlier GC of this network noted as unnamed, once it is older than any list of
/// that GC's time can be. Throws nothing: it is not the caller's business.
void collect_unnamed(const cni::Request& request, Context& context);

/// Detaches what is stale of this network, each with its lease.
void collect_stale(const cni::Request& request, Context& context);

/// What is on record of this network and not on the GC's list.
std::vector<network::EndpointRecord> find_stale(const cni::Request& request,
                                                const Context& context);

/// Gives the NIC back what the host had on it. Throws if containers are attached.
void remove_network(const std::string& name, Context& context);

// Pure translations between modules that do not know each other.

network::EndpointId id_of(const cni::Request& request);
network::EndpointSpec endpoint_spec_of(const cni::Request& request);
/// `now` is since the boot, as in the record.
/// An attachment that is about to be made, with all that is known of it before its addresses.
network::EndpointRecord pending_record(const cni::Request& request,
                                       const network::EndpointOptions& options,
                                       std::chrono::microseconds now);
network::Addressing addressing_of(const cni::Result& lease, const Config& config,
                                  const std::string& pod_namespace);
cni::Result to_result(const network::EndpointRecord& endpoint, const cni::Result& lease,
                      const Config& config);
/// As to_result(), of what is on record alone.
cni::Result result_from_record(const network::EndpointRecord& endpoint, const Config& config);

/// True if the document is a Go plugin's state, from /var/run/azure-vnet.json.
bool is_legacy(const Json& document);

/// The attachments of such a state.
void import_legacy(const store::Store& store, const Json& state, network::Backend& backend);

}  // namespace azcni::vnet
