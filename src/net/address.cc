#include "azcni/net/address.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace azcni::net {
namespace {

/// `bytes` with all bits from `length` on cleared.
IpAddress masked(const IpAddress& address, std::uint8_t length) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(address.bytes().begin(), address.bytes().end(), bytes.begin());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
    bytes[i] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return {address.family(), std::span(bytes).first(address.bytes().size())};
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Prefix Prefix::network() const { return {masked(address, length), length}; }

bool Prefix::contains(const IpAddress& other) const {
  return other.family() == address.family() && masked(other, length) == masked(address, length);
}

IpAddress Prefix::last() const {
  const IpAddress base = network().address;
  std::array<std::uint8_t, 16> bytes{};
  std::copy(base.bytes().begin(), base.bytes().end(), bytes.begin());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
    bytes[i] |= static_cast<std::uint8_t>(0xff >> kept);
  }
  return {base.family(), std::span(bytes).first(base.bytes().size())};
}

IpAddress Prefix::host(std::uint8_t number) const {
  const IpAddress base = network().address;
  std::array<std::uint8_t, 16> bytes{};
  std::copy(base.bytes().begin(), base.bytes().end(), bytes.begin());
  bytes[base.bytes().size() - 1] |= number;
  return {base.family(), std::span(bytes).first(base.bytes().size())};
}

Prefix Prefix::everything(Family family) { return {IpAddress(family, {}), 0}; }

std::optional<IpAddress> next(const IpAddress& address) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(address.bytes().begin(), address.bytes().end(), bytes.begin());
  const std::size_t size = address.bytes().size();
  for (std::size_t i = size; i-- > 0;) {
    if (++bytes[i] != 0) return IpAddress(address.family(), std::span(bytes).first(size));
  }
  return std::nullopt;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  boost::system::error_code failure;
  const auto parsed = boost::asio::ip::make_address(std::string(text), failure);
  if (failure || text.find('%') != std::string_view::npos ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  if (parsed.is_v4()) {
    // Windows also reads "10.0.1" and "010.0.0.1", and not as people mean them.
    if (parsed.to_string() != text) return std::nullopt;
    return IpAddress(Family::kIpv4, parsed.to_v4().to_bytes());
  }
  return IpAddress(Family::kIpv6, parsed.to_v6().to_bytes());
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  std::uint8_t length = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || failure != std::errc() || end != digits.data() + digits.size() ||
      length > address->bits()) {
    return std::nullopt;
  }
  return Prefix{*address, length};
}

std::optional<Prefix> parse_network(std::string_view text) {
  if (const auto prefix = parse_prefix(text)) return prefix->network();
  const auto address = parse_ip(text);
  return address ? std::optional(Prefix::single(*address)) : std::nullopt;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separates = (text[i] == ':' || text[i] == '-') && i % 3 == 2 && text.size() == 17;
    if (!separates) digits += text[i];
  }
  if (digits.size() != 12) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto high = hex_digit(digits[2 * i]);
    const auto low = hex_digit(digits[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    mac.bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return mac;
}

std::string to_string(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_ipv4()) {
    boost::asio::ip::address_v4::bytes_type v4;
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return boost::asio::ip::address_v4(v4).to_string();
  }
  boost::asio::ip::address_v6::bytes_type v6;
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return boost::asio::ip::address_v6(v6).to_string();
}

std::string network_text(const Prefix& network) {
  return network.length == network.address.bits() ? to_string(network.address) : to_string(network);
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

std::string to_string(const MacAddress& mac) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : mac.bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

std::string to_string(Family family) { return family == Family::kIpv4 ? "IPv4" : "IPv6"; }

}  // namespace azcni::net
