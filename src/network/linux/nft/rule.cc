#include "rule.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "words.h"

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

Bytes terminated(const std::string& value) {
  Bytes bytes(value.begin(), value.end());
  bytes.push_back(0);
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

/// By the number that the kernel tells: four words are a register of the larger kind.
std::uint32_t register_of(std::uint32_t word) {
  return word % 4 == 0 ? NFT_REG_1 + word / 4 : NFT_REG32_00 + word;
}

}  // namespace

Rule& Rule::say(const std::string& words) {
  text_ += (text_.empty() ? "" : " ") + words;
  return *this;
}

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
  if (field.base == Field::Base::kConntrack) {
    expressions_.push_back({"ct",
                            {{NFTA_CT_KEY, big_endian(field.offset)},
                             {NFTA_CT_DREG, big_endian(to)},
                             {NFTA_CT_DIRECTION, {IP_CT_DIR_ORIGINAL}}},
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
  std::uint32_t word = 0;
  for (const Field& field : fields) {
    load(field, register_of(word));
    word += words_of(field.length);
  }
  return *this;
}

Rule& Rule::look_up(const std::string& set, std::optional<std::uint32_t> to, bool inverted) {
  Expression lookup{
      "lookup", {{NFTA_LOOKUP_SET, terminated(set)}, {NFTA_LOOKUP_SREG, kRegister}}, {}};
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

Rule& Rule::meta(const std::string& words, std::uint32_t key, const Bytes& value, bool equal) {
  return say(words).load_meta(key).compare(value, equal);
}

Rule& Rule::in_interface(const std::string& name) {
  return meta("iifname " + quoted(name), NFT_META_IIFNAME, name_bytes(name));
}

Rule& Rule::out_interface(const std::string& name) {
  return meta("oifname " + quoted(name), NFT_META_OIFNAME, name_bytes(name));
}

Rule& Rule::not_in_interface(const std::string& name) {
  return meta("iifname != " + quoted(name), NFT_META_IIFNAME, name_bytes(name), false);
}

Rule& Rule::iifname_prefix(const std::string& prefix) {
  return meta("iifname " + quoted(prefix + "*"), NFT_META_IIFNAME, {prefix.begin(), prefix.end()});
}

Rule& Rule::out_interfaces(const std::string& prefix) {
  return meta("oifname " + quoted(prefix + "*"), NFT_META_OIFNAME, {prefix.begin(), prefix.end()});
}

Rule& Rule::in_group(std::uint32_t group, std::uint32_t bits) {
  return say("iifgroup & " + hex(bits) + " == " + hex(group))
      .load_meta(NFT_META_IIFGROUP)
      .mask(native(bits))
      .compare(native(group));
}

Rule& Rule::family(net::Family family) {
  const bool is4 = family == net::Family::kIpv4;
  return meta(is4 ? "meta nfproto ipv4" : "meta nfproto ipv6", NFT_META_NFPROTO,
              {static_cast<std::uint8_t>(is4 ? NFPROTO_IPV4 : NFPROTO_IPV6)});
}

Rule& Rule::protocol(std::uint16_t ethertype) {
  const bool is_ip = ethertype == ETH_P_IP || ethertype == ETH_P_IPV6;
  return say((is_ip ? "meta protocol " : "ether type ") + name_of(ethertype))
      .load(is_ip ? Field{Field::Base::kMeta, NFT_META_PROTOCOL, 2} : kEtherType)
      .compare(bytes_of(ethertype));
}

Rule& Rule::frame_of(std::uint16_t ethertype) {
  return say("meta protocol " + name_of(ethertype))
      .load_meta(NFT_META_PROTOCOL)
      .compare(bytes_of(ethertype));
}

Rule& Rule::to_tcp_port(std::uint16_t port) {
  return say("tcp dport " + std::to_string(port))
      .load(kL4Protocol)
      .compare({IPPROTO_TCP})
      .load(kDestinationPort)
      .compare(bytes_of(port));
}

Rule& Rule::neighbour_discovery() {
  constexpr std::uint8_t kSolicitRouter = 133, kRedirect = 137;
  say("ip6 hoplimit 255 icmpv6 type 133-137").load(kHopLimit).compare({255});
  load(kL4Protocol).compare({IPPROTO_ICMPV6}).load(kIcmp6Type);
  for (const auto& [operation, type] :
       {std::pair{NFT_CMP_GTE, kSolicitRouter}, std::pair{NFT_CMP_LTE, kRedirect}}) {
    expressions_.push_back({"cmp",
                            {{NFTA_CMP_SREG, kRegister}, {NFTA_CMP_OP, big_endian(operation)}},
                            {{NFTA_CMP_DATA, {type}}}});
  }
  return *this;
}

Rule& Rule::icmp6_type(std::uint8_t type) {
  return say("icmpv6 type " + std::to_string(type))
      .load(kL4Protocol)
      .compare({IPPROTO_ICMPV6})
      .load(kIcmp6Type)
      .compare({type});
}

Rule& Rule::fib_source_missing() {
  say("fib saddr . iif oif missing");
  expressions_.push_back(
      {"fib",
       {{NFTA_FIB_DREG, kRegister},
        {NFTA_FIB_RESULT, big_endian(NFT_FIB_RESULT_OIF)},
        {NFTA_FIB_FLAGS, big_endian(NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT)}},
       {}});
  return compare(native(0));
}

Rule& Rule::transport(std::uint8_t protocol) {
  return say("meta l4proto " + protocol_name(protocol)).load(kL4Protocol).compare({protocol});
}

Rule& Rule::fib_daddr_local(bool is) {
  say(is ? "fib daddr type local" : "fib daddr type != local");
  expressions_.push_back({"fib",
                          {{NFTA_FIB_DREG, kRegister},
                           {NFTA_FIB_RESULT, big_endian(NFT_FIB_RESULT_ADDRTYPE)},
                           {NFTA_FIB_FLAGS, big_endian(NFTA_FIB_F_DADDR)}},
                          {}});
  return compare(native(RTN_LOCAL), is);
}

Rule& Rule::was_dnated() {
  say("ct status dnat");
  expressions_.push_back(
      {"ct", {{NFTA_CT_KEY, big_endian(NFT_CT_STATUS)}, {NFTA_CT_DREG, kRegister}}, {}});
  return mask(native(IPS_DST_NAT)).compare(native(0), false);
}

Rule& Rule::is_new() {
  say("ct state new");
  expressions_.push_back(
      {"ct", {{NFTA_CT_KEY, big_endian(NFT_CT_STATE)}, {NFTA_CT_DREG, kRegister}}, {}});
  constexpr std::uint32_t kNew = 1U << (IP_CT_NEW + 1);  // NF_CT_STATE_BIT
  return mask(native(kNew)).compare(native(0), false);
}

Rule& Rule::is_reply() {
  say("ct direction reply");
  expressions_.push_back(
      {"ct", {{NFTA_CT_KEY, big_endian(NFT_CT_DIRECTION)}, {NFTA_CT_DREG, kRegister}}, {}});
  return compare({IP_CT_DIR_REPLY});
}

Rule& Rule::connection_mark(std::uint32_t mark, std::uint32_t bits) {
  say("ct mark & " + hex(bits) + " == " + hex(mark));
  expressions_.push_back(
      {"ct", {{NFTA_CT_KEY, big_endian(NFT_CT_MARK)}, {NFTA_CT_DREG, kRegister}}, {}});
  return mask(native(bits)).compare(native(mark));
}

Rule& Rule::set_bits(const MarkKind& kind, std::uint32_t mark, std::uint32_t bits) {
  const std::string name = std::string(kind.name) + " mark";
  say(name + " set " + name + " & " + hex(~bits) + " | " + hex(mark));
  const std::pair<int, Bytes> key{kind.key, big_endian(kind.mark)};
  expressions_.push_back({kind.name, {key, {kind.to_register, kRegister}}, {}});
  mask(native(~bits));
  expressions_.back().data.back().second = native(mark);
  expressions_.push_back({kind.name, {key, {kind.from_register, kRegister}}, {}});
  return *this;
}

Rule& Rule::set_connection_mark(std::uint32_t mark, std::uint32_t bits) {
  return set_bits({"ct", NFTA_CT_KEY, NFTA_CT_DREG, NFTA_CT_SREG, NFT_CT_MARK}, mark, bits);
}

Rule& Rule::set_mark(std::uint32_t mark, std::uint32_t bits) {
  return set_bits({"meta", NFTA_META_KEY, NFTA_META_DREG, NFTA_META_SREG, NFT_META_MARK}, mark,
                  bits);
}

Rule& Rule::equals(const Field& field, const Bytes& value) {
  return say(name_of(field) + " " + value_of(value)).load(field).compare(value);
}

Rule& Rule::is_in(const Field& field, const std::string& set) {
  return is_in(std::vector{field}, set);
}

Rule& Rule::is_not_in(const Field& field, const std::string& set) {
  return say(name_of(field) + " != @" + set).load(field).look_up(set, std::nullopt, true);
}

Rule& Rule::is_in(const std::vector<Field>& fields, const std::string& set) {
  return say(name_of(fields) + " @" + set).load_all(fields).look_up(set, std::nullopt);
}

Rule& Rule::is_within(const Field& field, const net::Prefix& prefix) {
  say(name_of(field) + " " + net::to_string(prefix));
  const Bytes address = bytes_of(prefix.network().address);
  const std::uint32_t length = prefix.length / 8;
  if (prefix.length % 8 == 0)
    return load({field.base, field.offset, length})
        .compare({address.begin(), address.begin() + length});
  Bytes bits(address.size());
  std::fill_n(bits.begin(), length, 0xff);
  bits[length] = static_cast<std::uint8_t>(0xff << (8 - prefix.length % 8));
  return load(field).mask(bits).compare(address);
}

Rule& Rule::mask(const Bytes& bits) {
  expressions_.push_back({"bitwise",
                          {{NFTA_BITWISE_SREG, kRegister},
                           {NFTA_BITWISE_DREG, kRegister},
                           {NFTA_BITWISE_LEN, big_endian(static_cast<std::uint32_t>(bits.size()))}},
                          {{NFTA_BITWISE_MASK, bits}, {NFTA_BITWISE_XOR, Bytes(bits.size())}}});
  return *this;
}

Rule& Rule::matches(const Field& field, const Bytes& bits, const Bytes& value) {
  say(name_of(field) + " & " + value_of(bits) + " == " + value_of(value));
  return load(field).mask(bits).compare(value);
}

Rule& Rule::set(const Field& field, const Bytes& value) {
  say(name_of(field) + " set " + value_of(value));
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, value}}});
  return store(field);
}

Rule& Rule::set_from_map(const Field& field, const Field& key, const std::string& map) {
  say(name_of(field) + " set " + name_of(key) + " map @" + map);
  return load(key).look_up(map, NFT_REG_1).store(field);
}

Rule& Rule::pkttype_host() {
  say("meta pkttype set host");
  expressions_.push_back(
      {"immediate", {{NFTA_IMMEDIATE_DREG, kRegister}}, {{NFTA_IMMEDIATE_DATA, {PACKET_HOST}}}});
  expressions_.push_back(
      {"meta", {{NFTA_META_KEY, big_endian(NFT_META_PKTTYPE)}, {NFTA_META_SREG, kRegister}}, {}});
  return accept();
}

Rule& Rule::dnat(net::Family family, const std::vector<Field>& fields, const std::string& map) {
  const bool is4 = family == net::Family::kIpv4;
  say("dnat " + name_of(family) + " to " + name_of(fields) + " map @" + map);
  load_all(fields).look_up(map, NFT_REG_1);
  expressions_.push_back({"nat",
                          {{NFTA_NAT_TYPE, big_endian(NFT_NAT_DNAT)},
                           {NFTA_NAT_FAMILY, big_endian(is4 ? NFPROTO_IPV4 : NFPROTO_IPV6)},
                           {NFTA_NAT_REG_ADDR_MIN, kRegister},
                           {NFTA_NAT_REG_PROTO_MIN, big_endian(register_of(is4 ? 1 : 4))}},
                          {}});
  return *this;
}

Rule& Rule::masquerade() {
  say("masquerade");
  expressions_.push_back({"masq", {}, {}});
  return *this;
}

Rule& Rule::count(const std::string& counter) {
  say("counter name " + quoted(counter));
  expressions_.push_back({"objref",
                          {{NFTA_OBJREF_IMM_TYPE, big_endian(NFT_OBJECT_COUNTER)},
                           {NFTA_OBJREF_IMM_NAME, terminated(counter)}},
                          {}});
  return *this;
}

Rule& Rule::accept() { return say("accept").end(NF_ACCEPT); }
Rule& Rule::drop() { return say("drop").end(NF_DROP); }
Rule& Rule::back() { return say("return").end(static_cast<std::uint32_t>(NFT_RETURN)); }

Rule& Rule::jump(const std::string& chain) {
  say("jump " + chain).end(static_cast<std::uint32_t>(NFT_JUMP));
  expressions_.back().chain = chain;
  return *this;
}

Rule& Rule::go_to(const std::string& chain) {
  say("goto " + chain).end(static_cast<std::uint32_t>(NFT_GOTO));
  expressions_.back().chain = chain;
  return *this;
}

Rule& Rule::end(std::uint32_t verdict) {
  Expression last{"immediate", {{NFTA_IMMEDIATE_DREG, big_endian(NFT_REG_VERDICT)}}, {}};
  last.data = {{NFTA_IMMEDIATE_DATA, big_endian(verdict)}};
  last.is_verdict = true;
  expressions_.push_back(last);
  return *this;
}

}  // namespace azcni::network::nft
