#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "azcni/net/address.h"
#include "types.h"

namespace azcni::network::nft {

/// What a rule is made of: the kernel runs one after the other.
struct Expression {
  std::string name;
  std::vector<std::pair<int, Bytes>> attributes;  ///< values as on the wire
  std::vector<std::pair<int, Bytes>> data;        ///< nested values: NFTA_DATA_VALUE within
  bool is_verdict = false;                        ///< data is its number
  std::string chain = {};                         ///< that a verdict leads to
  bool operator==(const Expression&) const = default;
};

/// A rule, written from left to right: conditions, then what happens to the frame.
///
///     // iifname "eth0" ether daddr set ip daddr map @containers4 accept
///     Rule()
///         .in_interface("eth0")
///         .protocol(ETH_P_IP)
///         .set_from_map(kEtherDestination, kIp4Destination, "containers4")
///         .accept();
///     // ct status dnat ip saddr 127.0.0.0/8 masquerade
///     Rule().was_dnated().family(net::Family::kIpv4).is_within(kIp4Source, loopback).masquerade();
///
/// In which order `nft` 1.0.6 makes expressions, so that a ruleset which it has saved and loaded is
/// the same: what decides the protocol (family(), protocol()) comes where a field of it is first
/// asked for, after all else that stands to its left.
class Rule {
 public:
  Rule& in_interface(const std::string& name);
  Rule& out_interface(const std::string& name);
  /// Of the group of the port that the frame came in on (ip link set group), these bits.
  Rule& in_group(std::uint32_t group, std::uint32_t bits);
  Rule& protocol(std::uint16_t ethertype);
  /// As protocol(), but of what is below a VLAN's tag as well.
  Rule& frame_of(std::uint16_t ethertype);
  /// The first packet of a connection.
  Rule& is_new();
  /// To where the connection was begun from.
  Rule& is_reply();
  /// The bits of the connection's mark that `mask` selects are those of `mark`.
  Rule& connection_mark(std::uint32_t mark, std::uint32_t mask);
  /// Gives the connection these bits.
  Rule& set_connection_mark(std::uint32_t mark, std::uint32_t mask);
  /// Gives the packet the bits, by which policy rules see it.
  Rule& set_mark(std::uint32_t mark, std::uint32_t mask);
  /// Of a table of family kInet.
  Rule& family(net::Family family);
  Rule& not_in_interface(const std::string& name);
  /// Interfaces whose names begin so, as `iifname "azv*"`.
  Rule& iifname_prefix(const std::string& prefix);
  Rule& out_interfaces(const std::string& prefix);
  /// The destination is, or is not, an address of the host.
  Rule& fib_daddr_local(bool is);
  /// The connection's destination was translated, by whomever: `ct status dnat`.
  Rule& was_dnated();
  Rule& equals(const Field& field, const Bytes& value);
  Rule& is_in(const Field& field, const std::string& set);
  Rule& is_not_in(const Field& field, const std::string& set);
  /// Of IPv6, as a receiver believes it: nobody routed it.
  Rule& neighbour_discovery();
  Rule& icmp6_type(std::uint8_t type);
  Rule& to_tcp_port(std::uint16_t port);
  /// The host would not send to the source by where this came in.
  Rule& fib_source_missing();
  /// Of a set with keys of several types.
  Rule& is_in(const std::vector<Field>& fields, const std::string& set);
  /// The address is one of the prefix.
  Rule& is_within(const Field& field, const net::Prefix& prefix);
  /// Above IP: 6 is TCP.
  Rule& transport(std::uint8_t protocol);
  /// The field's bits that `mask` selects are those of `value`.
  Rule& matches(const Field& field, const Bytes& mask, const Bytes& value);
  Rule& set(const Field& field, const Bytes& value);
  /// Sets a field to what the map has for another; a frame that the map does not know ends here.
  Rule& set_from_map(const Field& field, const Field& key, const std::string& map);
  /// For the host itself: the kernel does not look at a changed address again.
  Rule& pkttype_host();
  /// The destination becomes the address and port that the map has; as set_from_map.
  Rule& dnat(net::Family family, const std::vector<Field>& fields, const std::string& map);
  /// The source becomes the host's address.
  Rule& masquerade();
  /// By a counter of the table.
  Rule& count(const std::string& counter);
  Rule& accept();
  Rule& drop();
  /// To the chain that led here.
  Rule& back();
  Rule& jump(const std::string& chain);
  Rule& go_to(const std::string& chain);  ///< without coming back to the rule behind it

  const std::vector<Expression>& expressions() const { return expressions_; }
  /// In the words of `nft`, which would make it of them.
  const std::string& text() const { return text_; }
  bool operator==(const Rule&) const = default;

 private:
  Rule& load(const Field& field, std::uint32_t to);
  Rule& load(const Field& field);
  Rule& load_meta(std::uint32_t key);
  Rule& meta(const std::string& words, std::uint32_t key, const Bytes& value, bool equal = true);
  /// The fields one after another, as keys of several types are: each begins a word of 32 bits.
  Rule& load_all(const std::vector<Field>& fields);
  Rule& look_up(const std::string& set, std::optional<std::uint32_t> to, bool inverted = false);
  Rule& mask(const Bytes& bits);
  /// The expression that has a mark, and the numbers of its attributes.
  struct MarkKind {
    const char* name;
    int key, to_register, from_register;
    std::uint32_t mark;
  };
  Rule& set_bits(const MarkKind& kind, std::uint32_t mark, std::uint32_t mask);
  Rule& compare(const Bytes& value, bool equal = true);
  Rule& store(const Field& field);
  Rule& end(std::uint32_t verdict);

  Rule& say(const std::string& words);

  std::vector<Expression> expressions_;
  std::string text_;
};

}  // namespace azcni::network::nft
