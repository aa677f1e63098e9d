#include "types.h"

#include <utility>

namespace azcni::network::nft {
namespace {

constexpr std::pair<std::uint8_t, const char*> kProtocols[] = {
    {6, "tcp"}, {17, "udp"}, {132, "sctp"}};

std::uint32_t length_of(Type type) {
  switch (type) {
    case Type::kIp4: return 4;
    case Type::kIp6: return 16;
    case Type::kMac: return 6;
    case Type::kProtocol: return 1;
    case Type::kPort: return 2;
    case Type::kIfName: return 16;
  }
  return 0;
}

}  // namespace

Bytes bytes_of(const net::IpAddress& address) {
  return {address.bytes().begin(), address.bytes().end()};
}

Bytes bytes_of(const net::MacAddress& mac) { return {mac.bytes.begin(), mac.bytes.end()}; }

Bytes bytes_of(std::uint16_t port) {
  return {static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)};
}

Bytes name_bytes(const std::string& interface) {
  Bytes bytes(interface.begin(), interface.end());
  bytes.resize(length_of(Type::kIfName));
  return bytes;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
    all.resize(words_of(all.size()) * 4);
  }
  return all;
}

std::string protocol_name(std::uint8_t number) {
  for (const auto& [each, name] : kProtocols) {
    if (each == number) return name;
  }
  return std::to_string(number);
}

std::optional<std::uint8_t> protocol_number(std::string_view name) {
  for (const auto& [number, each] : kProtocols) {
    if (each == name) return number;
  }
  return std::nullopt;
}

std::uint32_t words_of(std::size_t bytes) { return static_cast<std::uint32_t>((bytes + 3) / 4); }

std::string to_string(const Table& table) {
  switch (table.family) {
    case Family::kInet: return "inet " + table.name;
    case Family::kIp4: return "ip " + table.name;
    case Family::kArp: return "arp " + table.name;
    case Family::kBridge: return "bridge " + table.name;
    case Family::kIp6: return "ip6 " + table.name;
  }
  return table.name;
}

std::uint32_t length_of(const Types& types) {
  if (types.size() == 1) return length_of(types.front());
  std::uint32_t length = 0;
  for (const Type type : types) length += words_of(length_of(type)) * 4;
  return length;
}

std::uint32_t number_of(const Types& types) {
  std::uint32_t number = 0;
  for (const Type type : types) number = number << 6 | static_cast<std::uint32_t>(type);
  return number;
}

std::string to_string(Type type) {
  switch (type) {
    case Type::kIp4: return "ipv4_addr";
    case Type::kIp6: return "ipv6_addr";
    case Type::kMac: return "ether_addr";
    case Type::kProtocol: return "inet_proto";
    case Type::kPort: return "inet_service";
    case Type::kIfName: return "ifname";
  }
  return {};
}

std::string to_string(Family family, Hook hook) {
  if (family == Family::kArp) return hook == Hook::kPrerouting ? "input" : "output";
  switch (hook) {
    case Hook::kPrerouting: return "prerouting";
    case Hook::kForward: return "forward";
    case Hook::kOutput: return "output";
    case Hook::kPostrouting: return "postrouting";
  }
  return {};
}

}  // namespace azcni::network::nft
