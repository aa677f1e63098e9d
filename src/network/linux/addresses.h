#pragma once

#include <string>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "links.h"

/// Addresses of links, one function a request; as links.h.
namespace azcni::network {

/// True if the interface has an IPv4 address: one cheap call.
bool has_ipv4_address(const std::string& name);
void add_address(net::Netlink& netlink, const LinkId& link, const net::Prefix& address);
/// True if what is sent to the address arrives: an IPv6 address has its route on a work queue of
/// the kernel's only, soon after it was added, whatever its flags say.
bool has_local_route(net::Netlink& netlink, const net::IpAddress& address);
std::vector<net::Prefix> list_addresses(net::Netlink& netlink, const LinkId& link,
                                        net::Family family);

}  // namespace azcni::network
