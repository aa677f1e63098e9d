#pragma once

#include <cstdint>
#include <optional>

#include "azcni/net/address.h"
#include "nft/types.h"

namespace azcni::network::node_table {

/// A port of the host, as the maps of ports have it for a key: those of all addresses in one
/// (`inet_proto . inet_service`), those of one address in another (`ipv4_addr . inet_proto . …`).
struct PortKey {
  std::uint8_t protocol = 0;  ///< of IP: 6 is TCP
  std::uint16_t port = 0;
  std::optional<net::IpAddress> address = std::nullopt;

  nft::Bytes to_bytes() const;
  /// Nullopt if it is no such key.
  [[nodiscard]] static std::optional<PortKey> from_bytes(const nft::Bytes& key);

  bool operator==(const PortKey&) const = default;
};

}  // namespace azcni::network::node_table
