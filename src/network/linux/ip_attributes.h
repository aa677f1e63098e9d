#pragma once

#include <sys/socket.h>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"

/// IP addresses as rtnetlink has them.
namespace azcni::network {

inline unsigned char family_number(net::Family family) {
  return family == net::Family::kIpv4 ? AF_INET : AF_INET6;
}

inline void put_ip(net::NetlinkMessage& message, int attribute, const net::IpAddress& address) {
  message.put(attribute, address.bytes().data(), address.bytes().size());
}

inline net::IpAddress get_ip(net::Family family, const nlattr* attribute) {
  return {family,
          {static_cast<std::uint8_t*>(nla_data(attribute)),
           static_cast<std::size_t>(nla_len(attribute))}};
}

}  // namespace azcni::network
