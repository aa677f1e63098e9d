// Rules, as chains of the expressions that the kernel runs.

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>

#include <algorithm>

#include "nftables.h"

namespace azcni::network::nft {
namespace {

/// Attributes of nf_tables are big endian.
Bytes big_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

/// What a register holds of a number is as the machine has it.
Bytes native(std::uint32_t value) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
  return {raw, raw + sizeof value};
}

Bytes text(const std::string& value) {
  Bytes bytes(value.begin(), value.end());
  bytes.push_back(0);
  return bytes;
}

/// Interface names are compared whole, padded with zeros.
Bytes padded_name(const std::string& name) {
  Bytes bytes(name.begin(), name.end());
  bytes.resize(IFNAMSIZ);
  return bytes;
}

const Bytes kRegister = big_endian(NFT_REG_1);

std::uint32_t base_number(Field::Base base) {
  return base == Field::Base::kLink ? NFT_PAYLOAD_LL_HEADER : NFT_PAYLOAD_NETWORK_HEADER;
}

}  // namespace

Bytes bytes_of(const net::IpAddress& address) {
  return {address.bytes().begin(), address.bytes().end()};
}

Bytes bytes_of(const net::MacAddress& mac) { return {mac.bytes.begin(), mac.bytes.end()}; }

Rule& Rule::load_meta(std::uint32_t key) {
  expressions_.push_back(
      {"meta", {{NFTA_META_KEY, big_endian(key)}, {NFTA_META_DREG, kRegister}}, {}});
  return *this;
}

Rule& Rule::load(const Field& field) {
  expressions_.push_back({"payload",
                          {{NFTA_PAYLOAD_DREG, kRegister},
                           {NFTA_PAYLOAD_BASE, big_endian(base_number(field.base))},
                           {NFTA_PAYLOAD_OFFSET, big_endian(field.offset)},
                           {NFTA_PAYLOAD_LEN, big_endian(field.length)}},
                          {}});
  return *this;
}

Rule& Rule::store(const Field& field) {
  expressions_.push_back({"payload",
                          {{NFTA_PAYLOAD_SREG, kRegister},
                           {NFTA_PAYLOAD_BASE, big_endian(base_number(field.base))},
                           {NFTA_PAYLOAD_OFFSET, big_endian(field.offset)},
                           {NFTA_PAYLOAD_LEN, big_endian(field.length)},
                           {NFTA_PAYLOAD_CSUM_TYPE, big_endian(NFT_PAYLOAD_CSUM_NONE)},
                           {NFTA_PAYLOAD_CSUM_OFFSET, big_endian(0)}},
                          {}});
  return *this;
}

Rule& Rule::compare(const Bytes& value, bool equal) {
  expressions_.push_back(
      {"cmp",
       {{NFTA_CMP_SREG, kRegister}, {NFTA_CMP_OP, big_endian(equal ? NFT_CMP_EQ : NFT_CMP_NEQ)}},
       {{NFTA_CMP_DATA, value}}});
  return *this;
}

Rule& Rule::in_interface(const std::string& name) {
  return load_meta(NFT_META_IIFNAME).compare(padded_name(name));
}

Rule& Rule::out_interface(const std::string& name) {
  return load_meta(NFT_META_OIFNAME).compare(padded_name(name));
}

Rule& Rule::in_group(std::uint32_t group) {
  return load_meta(NFT_META_IIFGROUP).compare(native(group));
}

Rule& Rule::protocol(std::uint16_t ethertype) {
  return load_meta(NFT_META_PROTOCOL)
      .compare({static_cast<std::uint8_t>(ethertype >> 8), static_cast<std::uint8_t>(ethertype)});
}

Rule& Rule::equals(const Field& field, const Bytes& value) { return load(field).compare(value); }

Rule& Rule::is_in(const Field& field, const std::string& set) {
  load(field);
  expressions_.push_back(
      {"lookup", {{NFTA_LOOKUP_SET, text(set)}, {NFTA_LOOKUP_SREG, kRegister}}, {}});
  return *this;
}

Rule& Rule::matches(const Field& field, const Bytes& mask, const Bytes& value) {
  load(field);
  expressions_.push_back({"bitwise",
                          {{NFTA_BITWISE_SREG, kRegister},
                           {NFTA_BITWISE_DREG, kRegister},
                           {NFTA_BITWISE_LEN, big_endian(field.length)}},
                          {{NFTA_BITWISE_MASK, mask}, {NFTA_BITWISE_XOR, Bytes(mask.size())}}});
  return compare(value);
}

Rule& Rule::set(const Field& field, const Bytes& value) {
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, value}}});
  return store(field);
}

Rule& Rule::set_from_map(const Field& field, const Field& key, const std::string& map) {
  load(key);
  expressions_.push_back(
      {"lookup",
       {{NFTA_LOOKUP_SET, text(map)}, {NFTA_LOOKUP_SREG, kRegister}, {NFTA_LOOKUP_DREG, kRegister}},
       {}});
  return store(field);
}

Rule& Rule::deliver_to_host() {
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, {PACKET_HOST}}}});
  expressions_.push_back(
      {"meta", {{NFTA_META_KEY, big_endian(NFT_META_PKTTYPE)}, {NFTA_META_SREG, kRegister}}, {}});
  return accept();
}

Rule& Rule::accept() { return end(NF_ACCEPT); }
Rule& Rule::drop() { return end(NF_DROP); }

Rule& Rule::end(std::uint32_t verdict) {
  Expression last{"immediate", {{NFTA_IMMEDIATE_DREG, big_endian(NFT_REG_VERDICT)}}, {}};
  last.data = {{NFTA_IMMEDIATE_DATA, big_endian(verdict)}};
  last.is_verdict = true;
  expressions_.push_back(last);
  return *this;
}

}  // namespace azcni::network::nft
