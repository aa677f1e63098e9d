#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "azcni/net/address.h"

/// nf_tables over netlink: as much of it as a data path of containers needs
/// (kernel: include/uapi/linux/netfilter/nf_tables.h). No `nft` program is run. Here are the words
/// of it: tables, fields, sets. A rule is written with rule.h and made with batch.h; query.h has
/// what is there.
namespace azcni::network::nft {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const net::IpAddress& address);
Bytes bytes_of(const net::MacAddress& mac);
/// In network byte order.
Bytes bytes_of(std::uint16_t port);
/// Interface names are compared whole, padded with zeros.
Bytes name_bytes(const std::string& interface);
/// A key or value of several types.
Bytes joined(const std::vector<Bytes>& parts);

/// "tcp" is 6; the number where it has no name here.
std::string protocol_name(std::uint8_t number);
/// None if that is no name of one.
std::optional<std::uint8_t> protocol_number(std::string_view name);

/// Words of 32 bits that a value takes: each of several begins one.
std::uint32_t words_of(std::size_t bytes);

/// Numbers of the kernel: linux/netfilter.h.
enum class Family : std::uint8_t { kInet = 1, kIp4 = 2, kArp = 3, kBridge = 7, kIp6 = 10 };

struct Table {
  Family family;
  std::string name;
  bool operator==(const Table&) const = default;
};

std::string to_string(const Table& table);  ///< "inet azure_vnet_azure"

/// Of the types of all messages: NFNL_SUBSYS_NFTABLES << 8.
inline constexpr int kSubsystem = 10 << 8;

/// The first byte of a rule's user data: libnftnl's number of a comment.
inline constexpr std::uint8_t kCommentType = 0;

/// Where in a frame: offset and length in bytes. Of kMeta and kConntrack (the connection as it was
/// asked for), the offset is the kernel's key.
struct Field {
  enum class Base : std::uint32_t { kLink, kNetwork, kTransport, kMeta, kConntrack };
  Base base;
  std::uint32_t offset;
  std::uint32_t length;
  const char* name = nullptr;  ///< in `nft`
};

inline constexpr Field kEtherDestination{Field::Base::kLink, 0, 6, "ether daddr"};
inline constexpr Field kEtherSource{Field::Base::kLink, 6, 6, "ether saddr"};
inline constexpr Field kIp4Source{Field::Base::kNetwork, 12, 4, "ip saddr"};
inline constexpr Field kIp4Destination{Field::Base::kNetwork, 16, 4, "ip daddr"};
inline constexpr Field kIp6Source{Field::Base::kNetwork, 8, 16, "ip6 saddr"};
inline constexpr Field kIp6Destination{Field::Base::kNetwork, 24, 16, "ip6 daddr"};
inline constexpr Field kL4Protocol{Field::Base::kMeta, 16, 1,
                                   "meta l4proto"};  ///< of the transport
inline constexpr Field kDestinationPort{Field::Base::kTransport, 2, 2, "th dport"};
inline constexpr Field kOriginalPort{Field::Base::kConntrack, 12, 2, "ct original proto-dst"};
inline constexpr Field kHopLimit{Field::Base::kNetwork, 7, 1, "ip6 hoplimit"};
inline constexpr Field kIcmp6Type{Field::Base::kTransport, 0, 1, "icmpv6 type"};
inline constexpr Field kInName{Field::Base::kMeta, 6, 16, "iifname"};
inline constexpr Field kEtherType{Field::Base::kLink, 12, 2, "ether type"};
inline constexpr Field kArpOperation{Field::Base::kNetwork, 6, 2, "arp operation"};
inline constexpr Field kArpSenderMac{Field::Base::kNetwork, 8, 6, "arp saddr ether"};
inline constexpr Field kArpSenderIp{Field::Base::kNetwork, 14, 4, "arp saddr ip"};
inline constexpr Field kArpTargetIp{Field::Base::kNetwork, 24, 4, "arp daddr ip"};

/// Element types, as `nft list` shows them.
enum class Type : std::uint32_t {
  kIp4 = 7,
  kIp6 = 8,
  kMac = 9,
  kProtocol = 12,
  kPort = 13,
  kIfName = 41
};
std::string to_string(Type type);
using Types = std::vector<Type>;  ///< of several: each value begins a word of 32 bits

/// Of a key or value, in bytes.
std::uint32_t length_of(const Types& types);
/// Several types in one number, as `nft` writes and reads it: it means nothing to the kernel.
std::uint32_t number_of(const Types& types);

struct Map {
  std::string name;
  Types key;
  Types value;
  bool operator==(const Map&) const = default;
};

struct Set {
  std::string name;
  Types key;
  bool intervals = false;
  bool operator==(const Set&) const = default;
};

enum class Hook : std::uint32_t { kPrerouting = 0, kForward = 2, kOutput = 3, kPostrouting = 4 };

/// Of family kArp, 0 is what arrives.
std::string to_string(Family family, Hook hook);

/// Of type nat, a chain sees the first packet of a connection alone.
enum class ChainType { kFilter, kNat };

/// A chain that packets meet by themselves, with policy accept.
struct BaseChain {
  std::string name;
  Hook hook = Hook::kPrerouting;
  std::int32_t priority = 0;
  ChainType type = ChainType::kFilter;
  bool operator==(const BaseChain&) const = default;
};

/// What a set or map has.
struct Entry {
  Bytes key;
  Bytes value = {};  ///< empty of a set
  std::string comment = {};
  bool operator==(const Entry&) const = default;
};

}  // namespace azcni::network::nft
