#include "rule.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

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
  switch (base) {
    case Field::Base::kLink: return NFT_PAYLOAD_LL_HEADER;
    case Field::Base::kTransport: return NFT_PAYLOAD_TRANSPORT_HEADER;
    default: return NFT_PAYLOAD_NETWORK_HEADER;
  }
}

}  // namespace

Rule& Rule::load_meta(std::uint32_t key) { return load({Field::Base::kMeta, key, 0}); }

Rule& Rule::load(const Field& field) { return load(field, NFT_REG_1); }

Rule& Rule::load(const Field& field, std::uint32_t to) {
  if (field.base == Field::Base::kMeta) {
    expressions_.push_back(
        {"meta",
         {{NFTA_META_KEY, big_endian(field.offset)}, {NFTA_META_DREG, big_endian(to)}},
         {}});
    return *this;
  }
  expressions_.push_back({"payload",
                          {{NFTA_PAYLOAD_DREG, big_endian(to)},
                           {NFTA_PAYLOAD_BASE, big_endian(base_number(field.base))},
                           {NFTA_PAYLOAD_OFFSET, big_endian(field.offset)},
                           {NFTA_PAYLOAD_LEN, big_endian(field.length)}},
                          {}});
  return *this;
}

Rule& Rule::load_all(const std::vector<Field>& fields) {
  std::uint32_t to = NFT_REG32_00;  // the first word of NFT_REG_1
  for (const Field& field : fields) {
    load(field, to);
    to += words_of(field.length);
  }
  return *this;
}

Rule& Rule::look_up(const std::string& set, std::optional<std::uint32_t> to, bool inverted) {
  Expression lookup{"lookup", {{NFTA_LOOKUP_SET, text(set)}, {NFTA_LOOKUP_SREG, kRegister}}, {}};
  if (to) lookup.attributes.emplace_back(NFTA_LOOKUP_DREG, big_endian(*to));
  if (inverted) lookup.attributes.emplace_back(NFTA_LOOKUP_FLAGS, big_endian(NFT_LOOKUP_F_INV));
  expressions_.push_back(lookup);
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

Rule& Rule::family(net::Family family) {
  return load_meta(NFT_META_NFPROTO)
      .compare(
          {static_cast<std::uint8_t>(family == net::Family::kIpv4 ? NFPROTO_IPV4 : NFPROTO_IPV6)});
}

Rule& Rule::not_in_interface(const std::string& name) {
  return load_meta(NFT_META_IIFNAME).compare(padded_name(name), false);
}

Rule& Rule::iifname_prefix(const std::string& prefix) {
  return load_meta(NFT_META_IIFNAME).compare({prefix.begin(), prefix.end()});
}

Rule& Rule::out_interfaces(const std::string& prefix) {
  return load_meta(NFT_META_OIFNAME).compare({prefix.begin(), prefix.end()});
}

Rule& Rule::fib_daddr_local(bool is) {
  expressions_.push_back({"fib",
                          {{NFTA_FIB_DREG, kRegister},
                           {NFTA_FIB_RESULT, big_endian(NFT_FIB_RESULT_ADDRTYPE)},
                           {NFTA_FIB_FLAGS, big_endian(NFTA_FIB_F_DADDR)}},
                          {}});
  return compare(native(RTN_LOCAL), is);
}

Rule& Rule::has_mark(std::uint32_t bit) {
  return load_meta(NFT_META_MARK).mask(native(bit), native(0)).compare(native(bit));
}

Rule& Rule::was_dnated() {
  expressions_.push_back(
      {"ct", {{NFTA_CT_KEY, big_endian(NFT_CT_STATUS)}, {NFTA_CT_DREG, kRegister}}, {}});
  return mask(native(IPS_DST_NAT), native(0)).compare(native(0), false);
}

Rule& Rule::equals(const Field& field, const Bytes& value) { return load(field).compare(value); }

Rule& Rule::is_in(const Field& field, const std::string& set) {
  return load(field).look_up(set, std::nullopt);
}

Rule& Rule::is_not_in(const Field& field, const std::string& set) {
  return load(field).look_up(set, std::nullopt, true);
}

Rule& Rule::in_map(const std::vector<Field>& fields, const std::string& map) {
  return load_all(fields).look_up(map, NFT_REG_3);  // a map has to be read to somewhere
}

Rule& Rule::mask(const Bytes& mask, const Bytes& flipped) {
  expressions_.push_back({"bitwise",
                          {{NFTA_BITWISE_SREG, kRegister},
                           {NFTA_BITWISE_DREG, kRegister},
                           {NFTA_BITWISE_LEN, big_endian(static_cast<std::uint32_t>(mask.size()))}},
                          {{NFTA_BITWISE_MASK, mask}, {NFTA_BITWISE_XOR, flipped}}});
  return *this;
}

Rule& Rule::matches(const Field& field, const Bytes& bits, const Bytes& value) {
  return load(field).mask(bits, Bytes(bits.size())).compare(value);
}

Rule& Rule::set(const Field& field, const Bytes& value) {
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, value}}});
  return store(field);
}

Rule& Rule::set_from_map(const Field& field, const Field& key, const std::string& map) {
  return load(key).look_up(map, NFT_REG_1).store(field);
}

Rule& Rule::pkttype_host() {
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, {PACKET_HOST}}}});
  expressions_.push_back(
      {"meta", {{NFTA_META_KEY, big_endian(NFT_META_PKTTYPE)}, {NFTA_META_SREG, kRegister}}, {}});
  return accept();
}

Rule& Rule::set_mark(std::uint32_t bit) {
  load_meta(NFT_META_MARK).mask(native(~bit), native(bit));
  expressions_.push_back(
      {"meta", {{NFTA_META_KEY, big_endian(NFT_META_MARK)}, {NFTA_META_SREG, kRegister}}, {}});
  return *this;
}

Rule& Rule::dnat(net::Family family, const std::vector<Field>& fields, const std::string& map) {
  const bool is4 = family == net::Family::kIpv4;
  load_all(fields).look_up(map, NFT_REG_1);
  expressions_.push_back({"nat",
                          {{NFTA_NAT_TYPE, big_endian(NFT_NAT_DNAT)},
                           {NFTA_NAT_FAMILY, big_endian(is4 ? NFPROTO_IPV4 : NFPROTO_IPV6)},
                           {NFTA_NAT_REG_ADDR_MIN, kRegister},
                           {NFTA_NAT_REG_PROTO_MIN, big_endian(NFT_REG32_00 + (is4 ? 1U : 4U))}},
                          {}});
  return *this;
}

Rule& Rule::masquerade() {
  expressions_.push_back({"masq", {}, {}});
  return *this;
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
