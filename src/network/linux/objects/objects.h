#pragma once

#include "footprint.h"
#include "namespace.h"
#include "nft/batch.h"

/// What can be done to objects, one file a kind: by messages of rtnetlink (man 7 rtnetlink), of
/// which several go into one system call; of nf_tables, into one transaction. Links are looked up
/// by name; one that is gone is an error, but for is_there().
namespace azcni::network {

using Messages = std::vector<net::NetlinkMessage>;

void append_creation(const Loopback& loopback, Namespace& in, Messages& messages);
void append_creation(const LinkUp& link, Namespace& in, Messages& messages);
void append_creation(const BridgePort& port, Namespace& in, Messages& messages);
void append_creation(const FdbEntry& entry, Namespace& in, Messages& messages);
void append_creation(const Address& address, Namespace& in, Messages& messages);
void append_creation(const Route& route, Namespace& in, Messages& messages);
void append_creation(const Unreachable& route, Namespace& in, Messages& messages);
void append_creation(const PolicyRule& rule, Namespace& in, Messages& messages);
void append_creation(const HostNics& nics, Namespace& in, Messages& messages);
void append_creation(const Neighbour& neighbour, Namespace& in, Messages& messages);
void append_creation(const Shaper& shaper, Namespace& in, Messages& messages);
void append_creation(const LoopbackFilter& filter, Namespace& in, Messages& messages);

void append_removal(const BridgePort& port, Namespace& in, Messages& messages);
void append_removal(const FdbEntry& entry, Namespace& in, Messages& messages);
void append_removal(const Route& route, Namespace& in, Messages& messages);
void append_removal(const Unreachable& route, Namespace& in, Messages& messages);
void append_removal(const PolicyRule& rule, Namespace& in, Messages& messages);
void append_removal(const HostNics& nics, Namespace& in, Messages& messages);
void append_removal(const Neighbour& neighbour, Namespace& in, Messages& messages);

/// True if something is to be changed. An element of another gives way; of a port of the host that
/// is another one's who lives, Error(kPortTaken) is thrown, and the transaction is as before.
bool append_creation(const Element& element, net::Netlink& nft, nft::Transaction& transaction);
/// False if it is not there, or of another owner. What an older version made has none: its value
/// has to be the same.
bool append_removal(const Element& element, net::Netlink& nft, nft::Transaction& transaction);
/// What is there by the element's key is of its value and owner; older versions wrote no owner.
bool is_same(const Element& element, const nft::Entry& found);

/// By value; marks are not compared.
bool is_there(const Peer& peer, Namespace& in);
bool is_there(const Loopback& loopback, Namespace& in);
bool is_there(const LinkUp& link, Namespace& in);
bool is_there(const BridgePort& port, Namespace& in);
bool is_there(const FdbEntry& entry, Namespace& in);
bool is_there(const Address& address, Namespace& in);
bool is_there(const Route& route, Namespace& in);
bool is_there(const Unreachable& route, Namespace& in);
bool is_there(const PolicyRule& rule, Namespace& in);
bool is_there(const HostNics& nics, Namespace& in);
bool is_there(const Neighbour& neighbour, Namespace& in);
bool is_there(const Shaper& shaper, Namespace& in);
bool is_there(const LoopbackFilter& filter, Namespace& in);
bool is_there(const Sysctl& sysctl, Namespace& in);
bool is_there(const Veth& veth, Namespace& in);  ///< the host's end
bool is_there(const Uplink& uplink, Namespace& in);
bool is_there(const LegacyAccept& accept, Namespace& in);
bool is_there(const Element& element, net::Netlink& nft);

void put(const Sysctl& sysctl, Namespace& in);
void put(const LegacyAccept& accept);
void remove(const LegacyAccept& accept);

/// Makes the pair, its peer in `container`. What is there is left; another container's link of the
/// same name, an earlier life of the pod, goes.
void put(const Veth& veth, Namespace& host, Namespace& container);
/// Gives the host's end its MTU and group again. False if it is not there.
bool correct(const Veth& veth, Namespace& host);
/// False if the host has no such link of this attachment.
bool remove(const Veth& veth, Namespace& host);
/// By the peer: its other end may have a name that nobody remembers.
void remove_from_within(const Veth& veth, Namespace& container);

/// For a route that another one to its destination keeps from being made: see Kernel::put. Throws
/// Error(kSystem) that names the other.
void put_beside_another(const Route& route, Namespace& in);

/// True if what is sent to the address arrives: an IPv6 address has its route on a work queue of
/// the kernel's only, soon after it was added, whatever its flags say.
bool has_local_route(const net::IpAddress& address, Namespace& in);

/// Who has the address on that link, as the neighbour table has it.
std::optional<net::MacAddress> find_neighbour(const std::string& link,
                                              const net::IpAddress& address, Namespace& in);
/// The index of the link that a host route of ours to this very address leads to.
std::optional<unsigned> find_host_route(const net::IpAddress& address, Namespace& in);

std::string to_string(const Peer& peer);
std::string to_string(const Loopback& loopback);
std::string to_string(const LinkUp& link);
std::string to_string(const BridgePort& port);
std::string to_string(const FdbEntry& entry);
std::string to_string(const Address& address);
std::string to_string(const Route& route);
std::string to_string(const Unreachable& route);
std::string to_string(const PolicyRule& rule);
std::string to_string(const HostNics& nics);
std::string to_string(const Neighbour& neighbour);
std::string to_string(const Shaper& shaper);
std::string to_string(const LoopbackFilter& filter);
std::string to_string(const Sysctl& sysctl);
std::string to_string(const Veth& veth);
std::string to_string(const Uplink& uplink);
std::string to_string(const LegacyAccept& accept);
std::string to_string(const Element& element);

}  // namespace azcni::network
