#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace azcni::net {

enum class Family { kIpv4, kIpv6 };

/// An IPv4 or IPv6 address, in network byte order. Ordered by family, then by value.
class IpAddress {
 public:
  IpAddress() = default;  ///< 0.0.0.0
  constexpr IpAddress(Family family, std::span<const std::uint8_t> bytes) : family_(family) {
    std::copy_n(bytes.begin(), std::min(bytes.size(), this->bytes().size()), bytes_.begin());
  }

  constexpr Family family() const { return family_; }
  constexpr bool is_ipv4() const { return family_ == Family::kIpv4; }
  /// 32 or 128.
  constexpr std::uint8_t bits() const { return is_ipv4() ? 32 : 128; }
  constexpr std::span<const std::uint8_t> bytes() const {
    return {bytes_.data(), is_ipv4() ? 4U : 16U};
  }
  bool is_unspecified() const { return bytes_ == std::array<std::uint8_t, 16>{}; }

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kIpv4;
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address with the length of its network: "10.0.0.5/24" or, masked, "10.0.0.0/24".
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;

  /// All host bits zero.
  Prefix network() const;
  bool contains(const IpAddress& other) const;
  /// True if all of the other's addresses are.
  bool contains(const Prefix& other) const {
    return other.length >= length && contains(other.address);
  }
  /// All host bits one.
  IpAddress last() const;
  /// The address with the given host number.
  IpAddress host(std::uint8_t number) const;
  /// The address alone: /32 or /128.
  static Prefix single(const IpAddress& address) { return {address, address.bits()}; }
  /// 0.0.0.0/0 or ::/0.
  static Prefix everything(Family family);

  auto operator<=>(const Prefix&) const = default;
};

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  auto operator<=>(const MacAddress&) const = default;
};

/// The one that follows; none follows the last of a family.
std::optional<IpAddress> next(const IpAddress& address);

/// Text → value; nothing if it is not exactly that. A zone ("%eth0") is not accepted.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
/// "10.0.0.0/24"; an address without a length is none.
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text);
/// "10.0.0.0/24", host bits cleared, or an address, which is the network of itself alone.
[[nodiscard]] std::optional<Prefix> parse_network(std::string_view text);
/// "00:0d:3a:6e:18:25", with dashes, or without either, in any letter case.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);

std::string to_string(const IpAddress& address);
std::string to_string(const Prefix& prefix);
/// As parse_network reads it: a single address without its length.
std::string network_text(const Prefix& network);
std::string to_string(const MacAddress& mac);  ///< colons, lower case
std::string to_string(Family family);          ///< "IPv4", "IPv6"

}  // namespace azcni::net
