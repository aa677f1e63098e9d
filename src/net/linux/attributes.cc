#include "azcni/net/attributes.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <cstring>

namespace azcni::net {
namespace {

template <typename Number>
std::optional<Number> number(const std::optional<Attributes::Bytes>& bytes) {
  Number value{};
  if (!bytes || bytes->size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

Attributes::Bytes value_of(const nlattr* attribute) {
  return {static_cast<const std::uint8_t*>(nla_data(attribute)),
          static_cast<std::size_t>(nla_len(attribute))};
}

}  // namespace

Attributes::Attributes(const nlmsghdr* message, std::size_t header_length)
    : first_(nlmsg_attrdata(message, static_cast<int>(header_length))),
      length_(nlmsg_attrlen(message, static_cast<int>(header_length))) {}

Attributes::Attributes(const nlattr* parent) {
  if (parent == nullptr) return;
  first_ = static_cast<const nlattr*>(nla_data(parent));
  length_ = nla_len(parent);
}

const nlattr* Attributes::find(int type) const { return nla_find(first_, length_, type); }

std::optional<Attributes::Bytes> Attributes::bytes(int type) const {
  const nlattr* attribute = find(type);
  if (attribute == nullptr) return std::nullopt;
  return value_of(attribute);
}

std::optional<std::uint8_t> Attributes::u8(int type) const {
  return number<std::uint8_t>(bytes(type));
}

std::optional<std::uint32_t> Attributes::u32(int type) const {
  return number<std::uint32_t>(bytes(type));
}

std::optional<std::uint16_t> Attributes::be16(int type) const {
  const auto value = number<std::uint16_t>(bytes(type));
  return value ? std::optional(ntohs(*value)) : std::nullopt;
}

std::optional<std::uint32_t> Attributes::be32(int type) const {
  const auto value = number<std::uint32_t>(bytes(type));
  return value ? std::optional(ntohl(*value)) : std::nullopt;
}

std::optional<std::uint64_t> Attributes::be64(int type) const {
  const auto value = number<std::uint64_t>(bytes(type));
  return value ? std::optional(be64toh(*value)) : std::nullopt;
}

std::optional<std::string> Attributes::text(int type) const {
  const auto value = bytes(type);
  if (!value) return std::nullopt;
  return std::string(value->begin(), std::find(value->begin(), value->end(), 0));
}

std::optional<MacAddress> Attributes::mac(int type) const {
  const auto value = bytes(type);
  MacAddress mac;
  if (!value || value->size() != mac.bytes.size()) return std::nullopt;
  std::copy(value->begin(), value->end(), mac.bytes.begin());
  return mac;
}

std::optional<IpAddress> Attributes::ip(int type, Family family) const {
  const auto value = bytes(type);
  if (!value || value->size() != (family == Family::kIpv4 ? 4U : 16U)) return std::nullopt;
  return IpAddress(family, *value);
}

Attributes Attributes::nested(int type) const { return Attributes(find(type)); }

void Attributes::for_each(const std::function<void(int type, Bytes value)>& visit) const {
  int rest = length_;
  for (const nlattr* each = first_; nla_ok(each, rest); each = nla_next(each, &rest))
    visit(nla_type(each), value_of(each));
}

void Attributes::for_each_nested(int type,
                                 const std::function<void(const Attributes&)>& visit) const {
  const Attributes list = nested(type);
  int rest = list.length_;
  for (const nlattr* each = list.first_; nla_ok(each, rest); each = nla_next(each, &rest))
    visit(Attributes(each));
}

}  // namespace azcni::net
