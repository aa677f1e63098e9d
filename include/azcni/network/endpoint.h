#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/net/address.h"
#include "azcni/net/route_metrics.h"
#include "azcni/network/mode.h"

namespace azcni::network {

/// Names one attachment: an interface of a container.
struct EndpointId {
  std::string container_id;
  std::string if_name;

  std::string key() const { return container_id + "@" + if_name; }
  bool operator==(const EndpointId&) const = default;
};

/// What the names of an attachment's links are made of.
struct EndpointName {
  EndpointId id;
  std::string network;
  std::string sandbox;
  std::string pod_namespace;  ///< of Kubernetes; may be empty
  std::string pod_name;       ///< of Kubernetes; may be empty
};

/// An attachment before it exists: a pure function of the request, so that DEL needs no record to
/// find what ADD made.
struct EndpointSpec {
  EndpointId id;
  std::string network;
  std::string sandbox;       ///< path of the container's network namespace
  std::string host_if;       ///< the veth's end on the host
  net::MacAddress host_mac;  ///< tells whose link it is: the name may pass to another container
  net::MacAddress container_mac;
};

/// The container that an attachment is of. On Windows others of its pod share it: their sandbox is
/// "container:ID".
std::string attached_container(const std::string& container_id, const std::string& sandbox);

/// The name of the host's end, as the Go plugins make it, since other software (Calico on Azure)
/// computes it. Windows: that of the endpoint, 8 characters of the container's id and the
/// interface's name. Linux: "azv" and 11 hex digits of SHA-1 of "namespace.pod" for eth0 of a
/// Kubernetes pod, else of network, container id and interface name, concatenated.
std::string host_if_name(const EndpointName& name);

/// Locally administered addresses, different for each attachment, from SHA-1 of its id.
net::MacAddress host_mac(const EndpointId& id);
net::MacAddress container_mac(const EndpointId& id);

/// A route within the container.
struct EndpointRoute {
  net::Prefix destination;
  net::RouteMetrics metrics = {};
};

/// How a container resolves names.
struct Dns {
  std::vector<std::string> servers;
  std::vector<std::string> search;
  std::vector<std::string> options;
};

/// What an IPAM plugin gave an attachment. All that it sends goes to one gateway a family, which is
/// the network's business: of IPAM's gateways the address may be used, and of its routes the next
/// hops are not. A family without routes gets the default route.
struct Addressing {
  std::vector<net::Prefix> addresses;  ///< with the subnet's length
  std::vector<net::IpAddress> gateways = {};
  std::vector<EndpointRoute> routes = {};
  Dns dns = {};          ///< for systems where it belongs to the interface: Windows
  std::string nic = {};  ///< that the addresses are of; empty: IPAM does not tell. Not on record
};

/// A container's port on the host, of the capability portMappings.
struct PortMapping {
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  std::string protocol;  ///< "tcp", "udp" or "sctp"
  std::string host_ip;   ///< empty: any
};

/// As the capability bandwidth has it: 0 is no limit.
struct Rate {
  std::uint64_t bits_per_second = 0;
  std::uint64_t burst_bits = 0;
  bool operator==(const Rate&) const = default;
};

/// What is configured for a container beside its addresses.
struct EndpointOptions {
  Rate to_container = {};
  Rate from_container = {};
  std::vector<PortMapping> ports = {};
  std::vector<Json> policies = {};  ///< of kind EndpointPolicy of Windows, as configured
  bool loopback_dsr = false;        ///< of Windows: a container reaches itself by a service
  unsigned mtu = 0;                 ///< of its links; 0: the NIC's
};

/// An interface as a caller of ADD is told of it.
struct EndpointInterface {
  std::string name;
  std::optional<net::MacAddress> mac;
  std::string sandbox;  ///< empty: of the host
  unsigned mtu = 0;     ///< 0: unknown
};

/// How a container is connected to its NIC: that of its network when it was attached.
struct Placement {
  Mode mode = Mode::kTransparent;
  std::string nic = {};  ///< empty: of a record of before
  unsigned nic_number = 0;
  std::string bridge = {};  ///< empty: none
  unsigned mtu = 0;
  /// By which its address alone is routed, since another NIC has a subnet of its NIC; 0: none.
  std::uint32_t table = 0;
};

/// What Kubernetes calls the container's pod; empty where it is none.
struct Pod {
  std::string name_space;
  std::string name;
  std::string uid;
};

/// What is kept of an attachment: all that rebuilds it.
struct EndpointRecord {
  EndpointSpec spec;
  bool complete = false;  ///< false: an ADD is at work, or died
  Addressing addressing = {};
  std::vector<EndpointInterface> interfaces = {};  ///< the container's is the last
  EndpointOptions options = {};
  Placement placement = {};
  Pod pod = {};
  bool legacy = false;  ///< made by a Go plugin: its lease is known by address only
  std::chrono::microseconds written_at{0};  ///< since the boot
  bool rebuilt = false;  ///< from its link and its lease: ports and limits are not on record
};

/// Of both ends of an attachment's link: as configured, and no more than the NIC's. 0: unknown.
unsigned mtu_of(const EndpointRecord& endpoint);

// The form that records have, of their parts and whole; as net/json.h.
void to_json(Json& json, const EndpointRoute& route);
void from_json(const Json& json, EndpointRoute& route);
void to_json(Json& json, const PortMapping& port);
void from_json(const Json& json, PortMapping& port);
void to_json(Json& json, const EndpointInterface& interface);
void from_json(const Json& json, EndpointInterface& interface);
void to_json(Json& json, const EndpointRecord& record);
void from_json(const Json& json, EndpointRecord& record);

}  // namespace azcni::network
