#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/ipam/metadata.h"
#include "azcni/net/address.h"
#include "azcni/net/interfaces.h"

namespace azcni::ipam {

/// So long a released address counts as resting, if nobody says otherwise: what others know of it
/// (connections, kube-proxy) may be of its former owner. It is a matter of counting: under pressure
/// it is handed out.
inline constexpr std::chrono::seconds kCoolDown{30};

/// The addresses that Azure assigned to one NIC in one subnet.
struct Pool {
  std::string interface;  ///< name of the NIC
  bool primary = false;   ///< of the VM's primary NIC
  net::Prefix subnet;
  /// In the order of choice: longest at rest first. Kept as text, in canonical form: of hundreds of
  /// addresses a call needs one.
  std::vector<std::string> addresses;
  /// Those that were released within the last `cooldown`, and when, in microseconds since the boot.
  std::map<std::string, std::int64_t> released = {};
  std::chrono::seconds cooldown = kCoolDown;
  /// All of whose addresses are of the pool, and come after the others, but for the subnet's first
  /// two: its name and its gateway.
  std::vector<net::Prefix> blocks = {};
  /// What is not to be handed out. It is the caller's wish, and not on record.
  std::vector<net::Prefix> kept_out = {};

  /// "eth0 10.0.0.0/24": two NICs may share a subnet.
  std::string key() const;
  bool empty() const { return addresses.empty() && blocks.empty(); }
  bool holds(const std::string& address) const;
  /// How many addresses it has; 2^53 stands for all larger numbers.
  std::uint64_t size() const;
  /// How many of these.
  std::uint64_t count(const std::unordered_set<std::string>& names) const;
  /// The next one to be handed out, of those that are free: one that does not rest, else that which
  /// was released first.
  std::optional<net::IpAddress> find(const std::function<bool(const std::string&)>& is_free) const;
};

struct Owner {
  std::string container_id;  ///< empty in leases taken over from an old Go plugin: anybody's
  std::string if_name;

  std::string key() const { return container_id + "@" + if_name; }
  bool operator==(const Owner&) const = default;
};

/// One address in somebody's hands: allocation and ownership in one record, named by the address.
struct Lease {
  net::IpAddress address;
  net::Prefix subnet;
  std::string interface;  ///< of the pool
  std::string network;
  Owner owner;
  std::string boot_id;
  std::chrono::microseconds granted_at{0};  ///< since the boot; by the last ADD that asked for it
};

void to_json(Json& json, const Pool& pool);
void from_json(const Json& json, Pool& pool);
void to_json(Json& json, const Lease& lease);
void from_json(const Json& json, Lease& lease);

/// Metadata matched with the machine's NICs by MAC; a subnet that a NIC has twice is one pool.
/// Throws Error(kMetadata), naming both sides, if no MAC matches: such a document must not empty
/// the pools.
std::vector<Pool> to_pools(const std::vector<NicMetadata>& nics,
                           const std::vector<net::Interface>& interfaces);

/// The pool with what a new document says of it: new addresses come last, vanished ones go, the
/// order of the others stays.
Pool merged(const Pool& known, const Pool& fetched);

}  // namespace azcni::ipam
