#pragma once

// Linux only, as netlink.h.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "azcni/net/address.h"

struct nlattr;
struct nlmsghdr;

namespace azcni::net {

/// The attributes of a netlink message, or those nested in one of them. Lengths are checked: what
/// is too short for its type is absent. Valid as long as the message.
///
///     const Attributes link(message, sizeof(ifinfomsg));
///     const unsigned mtu = link.u32(IFLA_MTU).value_or(0);
///     const std::string kind = link.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND).value_or("");
class Attributes {
 public:
  using Bytes = std::span<const std::uint8_t>;

  /// `header_length`: of the family's header, which is before the attributes.
  Attributes(const nlmsghdr* message, std::size_t header_length);

  bool has(int type) const { return find(type) != nullptr; }
  std::optional<Bytes> bytes(int type) const;
  std::optional<std::uint8_t> u8(int type) const;
  std::optional<std::uint32_t> u32(int type) const;
  /// Numbers in network byte order, as nfnetlink has them.
  std::optional<std::uint16_t> be16(int type) const;
  std::optional<std::uint32_t> be32(int type) const;
  std::optional<std::uint64_t> be64(int type) const;
  std::optional<std::string> text(int type) const;  ///< up to its NUL, or its end
  std::optional<MacAddress> mac(int type) const;
  std::optional<IpAddress> ip(int type, Family family) const;

  /// None if there is no such attribute.
  Attributes nested(int type) const;
  void for_each(const std::function<void(int type, Bytes value)>& visit) const;
  /// Of a list: the attributes of each of its elements.
  void for_each_nested(int type, const std::function<void(const Attributes&)>& visit) const;

 private:
  explicit Attributes(const nlattr* parent);
  const nlattr* find(int type) const;

  const nlattr* first_ = nullptr;
  int length_ = 0;
};

}  // namespace azcni::net
