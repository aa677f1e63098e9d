#include "port_key.h"

#include <span>

namespace azcni::network::node_table {

nft::Bytes PortKey::to_bytes() const {
  const nft::Bytes of_all = nft::joined({{protocol}, nft::bytes_of(port)});
  return address ? nft::joined({nft::bytes_of(*address), of_all}) : of_all;
}

std::optional<PortKey> PortKey::from_bytes(const nft::Bytes& key) {
  const std::span<const std::uint8_t> bytes(key);
  PortKey found;
  switch (bytes.size()) {
    case 8: break;
    case 12: found.address.emplace(net::Family::kIpv4, bytes.first(4)); break;
    case 24: found.address.emplace(net::Family::kIpv6, bytes.first(16)); break;
    default: return std::nullopt;
  }
  const auto rest = bytes.last(8);  // each begins a word of 32 bits
  found.protocol = rest[0];
  found.port = static_cast<std::uint16_t>(rest[4] << 8 | rest[5]);
  return found;
}

}  // namespace azcni::network::node_table
