#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"

/// nf_tables of the bridge family, over netlink: as much of it as an L2 data path needs
/// (kernel: include/uapi/linux/netfilter/nf_tables.h). No `nft` program is run.
namespace azcni::network::nft {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const net::IpAddress& address);
Bytes bytes_of(const net::MacAddress& mac);

/// Where in a frame: offset and length in bytes.
struct Field {
  enum class Base : std::uint32_t { kLink, kNetwork };
  Base base;
  std::uint32_t offset;
  std::uint32_t length;
};

inline constexpr Field kEtherDestination{Field::Base::kLink, 0, 6};
inline constexpr Field kEtherSource{Field::Base::kLink, 6, 6};
inline constexpr Field kIp4Destination{Field::Base::kNetwork, 16, 4};
inline constexpr Field kIp6SourceStart{Field::Base::kNetwork, 8, 2};
inline constexpr Field kIp6Destination{Field::Base::kNetwork, 24, 16};
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
  Rule& equals(const Field& field, const Bytes& value);
  Rule& is_in(const Field& field, const std::string& set);
  /// The field's bits that `mask` selects are those of `value`.
  Rule& matches(const Field& field, const Bytes& mask, const Bytes& value);
  Rule& set(const Field& field, const Bytes& value);
  /// Sets a field to what the map has for another; a frame that the map does not know ends here.
  Rule& set_from_map(const Field& field, const Field& key, const std::string& map);
  /// For the host itself: the kernel does not look at a changed address again.
  Rule& deliver_to_host();
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
  Rule& load(const Field& field);
  Rule& load_meta(std::uint32_t key);
  Rule& compare(const Bytes& value, bool equal = true);
  Rule& store(const Field& field);
  Rule& end(std::uint32_t verdict);

  std::vector<Expression> expressions_;
};

/// Element types, as `nft list` shows them.
enum class Type : std::uint32_t { kIp4 = 7, kIp6 = 8, kMac = 9 };

struct Map {
  std::string name;
  Type key;
  Type value;
};

struct Set {
  std::string name;
  Type key;
};

enum class Hook : std::uint32_t { kPrerouting = 0, kPostrouting = 4 };

/// Changes of one table, made all at once or not at all.
class Batch {
 public:
  explicit Batch(std::string table) : table_(std::move(table)) {}

  Batch& add_table();     ///< no error if it is there
  Batch& delete_table();  ///< an error if it is not
  Batch& add_chain(const std::string& name, Hook hook, std::int32_t priority);
  Batch& add_set(const Set& set);
  Batch& add_map(const Map& map);
  Batch& add_rule(const std::string& chain, const Rule& rule);
  Batch& flush_rules();  ///< of all chains
  Batch& flush_set(const std::string& set);
  Batch& add_element(const std::string& set, const Bytes& key, const Bytes& value = {});
  Batch& delete_element(const std::string& set, const Bytes& key);

  /// Throws Error(kSystem) that names `what` and the kernel's reason.
  void commit(net::Netlink& netlink, const std::string& what);

 private:
  net::NetlinkMessage& begin(int type, int flags);
  void put_set(const std::string& name, Type key, const Type* value);
  void put_element(int type, int flags, const std::string& set, const Bytes& key,
                   const Bytes& value);

  std::string table_;
  std::vector<net::NetlinkMessage> messages_;
  std::uint32_t sets_ = 0;
};

/// False in a kernel that has no netfilter at all.
bool is_available();

/// A netlink socket for the calls here.
net::Netlink open_socket();

/// Names of the bridge family's tables; none in a kernel without nf_tables.
std::vector<std::string> list_tables(net::Netlink& netlink);

/// The number of rules of a table; 0 if it is not there.
std::size_t count_rules(net::Netlink& netlink, const std::string& table);

/// Keys and values of a set or map; none if it is not there.
std::vector<std::pair<Bytes, Bytes>> list_elements(net::Netlink& netlink, const std::string& table,
                                                   const std::string& set);

}  // namespace azcni::network::nft
