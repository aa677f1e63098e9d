#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"

/// nf_tables over netlink: as much of it as a data path of containers needs
/// (kernel: include/uapi/linux/netfilter/nf_tables.h). No `nft` program is run.
namespace azcni::network::nft {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const net::IpAddress& address);
Bytes bytes_of(const net::MacAddress& mac);
/// In network byte order.
Bytes bytes_of(std::uint16_t port);
/// A key or value of several types.
Bytes joined(const std::vector<Bytes>& parts);

/// Numbers of the kernel: linux/netfilter.h.
enum class Family : std::uint8_t { kInet = 1, kIp4 = 2, kBridge = 7, kIp6 = 10 };

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

/// Where in a frame: offset and length in bytes. Of kMeta, the offset is the kernel's key.
struct Field {
  enum class Base : std::uint32_t { kLink, kNetwork, kTransport, kMeta };
  Base base;
  std::uint32_t offset;
  std::uint32_t length;
};

inline constexpr Field kEtherDestination{Field::Base::kLink, 0, 6};
inline constexpr Field kEtherSource{Field::Base::kLink, 6, 6};
inline constexpr Field kIp4Source{Field::Base::kNetwork, 12, 4};
inline constexpr Field kIp4Destination{Field::Base::kNetwork, 16, 4};
inline constexpr Field kIp6SourceStart{Field::Base::kNetwork, 8, 2};
inline constexpr Field kIp6Source{Field::Base::kNetwork, 8, 16};
inline constexpr Field kIp6Destination{Field::Base::kNetwork, 24, 16};
inline constexpr Field kL4Protocol{Field::Base::kMeta, 16, 1};  ///< of the transport
inline constexpr Field kDestinationPort{Field::Base::kTransport, 2, 2};
inline constexpr Field kArpOperation{Field::Base::kNetwork, 6, 2};
inline constexpr Field kArpSenderMac{Field::Base::kNetwork, 8, 6};
inline constexpr Field kArpTargetIp{Field::Base::kNetwork, 24, 4};

/// A rule, written from left to right: conditions, then what happens to the frame.
class Rule {
 public:
  Rule& in_interface(const std::string& name);
  Rule& out_interface(const std::string& name);
  /// The group of the port that the frame came in on (ip link set group).
  Rule& in_group(std::uint32_t group);
  Rule& protocol(std::uint16_t ethertype);
  /// Of a table of family kInet.
  Rule& family(net::Family family);
  Rule& not_in_interface(const std::string& name);
  /// Interfaces whose names begin so, as `iifname "azv*"`.
  Rule& iifname_prefix(const std::string& prefix);
  Rule& out_interfaces(const std::string& prefix);
  /// The destination is, or is not, an address of the host.
  Rule& fib_daddr_local(bool is);
  Rule& has_mark(std::uint32_t bit);
  /// The connection's destination was translated, by whomever: `ct status dnat`.
  Rule& was_dnated();
  Rule& equals(const Field& field, const Bytes& value);
  Rule& is_in(const Field& field, const std::string& set);
  Rule& is_not_in(const Field& field, const std::string& set);
  /// The map has such a key.
  Rule& in_map(const std::vector<Field>& fields, const std::string& map);
  /// The field's bits that `mask` selects are those of `value`.
  Rule& matches(const Field& field, const Bytes& mask, const Bytes& value);
  Rule& set(const Field& field, const Bytes& value);
  /// Sets a field to what the map has for another; a frame that the map does not know ends here.
  Rule& set_from_map(const Field& field, const Field& key, const std::string& map);
  /// For the host itself: the kernel does not look at a changed address again.
  Rule& pkttype_host();
  Rule& set_mark(std::uint32_t bit);
  /// The destination becomes the address and port that the map has; as set_from_map.
  Rule& dnat(net::Family family, const std::vector<Field>& fields, const std::string& map);
  /// The source becomes the host's address.
  Rule& masquerade();
  Rule& accept();
  Rule& drop();

 private:
  friend class Batch;
  struct Expression {
    std::string name;
    std::vector<std::pair<int, Bytes>> attributes;  ///< values as on the wire
    std::vector<std::pair<int, Bytes>> data;        ///< nested values: NFTA_DATA_VALUE within
    bool is_verdict = false;
  };
  Rule& load(const Field& field, std::uint32_t to);
  Rule& load(const Field& field);
  Rule& load_meta(std::uint32_t key);
  /// The fields one after another, as keys of several types are: each begins a word of 32 bits.
  Rule& load_all(const std::vector<Field>& fields);
  Rule& look_up(const std::string& set, std::optional<std::uint32_t> to, bool inverted = false);
  Rule& mask(const Bytes& mask, const Bytes& flipped);
  Rule& compare(const Bytes& value, bool equal = true);
  Rule& store(const Field& field);
  Rule& end(std::uint32_t verdict);

  std::vector<Expression> expressions_;
};

/// Element types, as `nft list` shows them.
enum class Type : std::uint32_t { kIp4 = 7, kIp6 = 8, kMac = 9, kProtocol = 12, kPort = 13 };
using Types = std::vector<Type>;  ///< of several: each value begins a word of 32 bits

struct Map {
  std::string name;
  Types key;
  Types value;
};

struct Set {
  std::string name;
  Types key;
  bool intervals = false;
};

enum class Hook : std::uint32_t { kPrerouting = 0, kForward = 2, kOutput = 3, kPostrouting = 4 };

/// Of type nat, a chain sees the first packet of a connection alone.
enum class ChainType { kFilter, kNat };

/// Changes of one table, made all at once or not at all.
class Batch {
 public:
  explicit Batch(Table table) : table_(std::move(table)) {}

  Batch& add_table();     ///< no error if it is there
  Batch& delete_table();  ///< an error if it is not
  Batch& add_chain(const std::string& name, Hook hook, std::int32_t priority,
                   ChainType type = ChainType::kFilter);
  Batch& add_set(const Set& set);
  Batch& add_map(const Map& map);
  Batch& add_rule(const std::string& chain, const Rule& rule);
  /// Before the others of a chain; `comment` is how `nft` and list_rules() show it.
  Batch& insert_rule(const std::string& chain, const Rule& rule, const std::string& comment);
  Batch& delete_rule(const std::string& chain, std::uint64_t handle);
  Batch& flush_rules();  ///< of all chains
  Batch& flush_set(const std::string& set);
  Batch& add_element(const std::string& set, const Bytes& key, const Bytes& value = {});
  Batch& delete_element(const std::string& set, const Bytes& key);
  /// Whole networks, of a set of intervals that is empty.
  Batch& add_prefixes(const std::string& set, const std::vector<net::Prefix>& prefixes);

  /// Throws Error(kSystem) that names `what` and the kernel's reason.
  void commit(net::Netlink& netlink, const std::string& what);

 private:
  net::NetlinkMessage& begin(int type, int flags);
  net::NetlinkMessage& put_rule(int flags, const std::string& chain, const Rule& rule);
  void put_set(const std::string& name, const Types& key, const Types& value, bool intervals);
  void put_element(int type, int flags, const std::string& set, const Bytes& key,
                   const Bytes& value, std::uint32_t element_flags = 0);

  Table table_;
  std::vector<net::NetlinkMessage> messages_;
  std::uint32_t sets_ = 0;
};

/// True if the kernel answers on this socket for nf_tables. One without them may have nfnetlink all
/// the same (for conntrack, say), which finds each of their messages invalid.
bool has_nf_tables(net::Netlink& netlink);

/// A netlink socket for the calls here; nothing if the kernel has no nf_tables.
std::optional<net::Netlink> find_socket();
bool is_available();
/// Throws Error(kSystem) if the kernel has no nf_tables.
net::Netlink open_socket();

/// None in a kernel without nf_tables.
std::vector<Table> list_tables(net::Netlink& netlink);

/// A chain that packets meet by themselves.
struct Chain {
  Table table;
  std::string name;
  Hook hook = Hook::kPrerouting;
  bool drops = false;  ///< its policy, of what no rule decides
};
std::vector<Chain> list_chains(net::Netlink& netlink);

struct RuleId {
  std::uint64_t handle = 0;
  std::string comment;
};
std::vector<RuleId> list_rules(net::Netlink& netlink, const Chain& chain);

/// True if a rule of the table masquerades, kube-proxy's for its services left out.
bool masquerades(net::Netlink& netlink, const Table& table);

/// The number of rules of a table; 0 if it is not there.
std::size_t count_rules(net::Netlink& netlink, const Table& table);

/// Keys and values of a set or map; none if it is not there.
std::vector<std::pair<Bytes, Bytes>> list_elements(net::Netlink& netlink, const Table& table,
                                                   const std::string& set);

}  // namespace azcni::network::nft
