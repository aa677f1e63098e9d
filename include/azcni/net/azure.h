#pragma once

#include <array>

#include "azcni/net/address.h"

/// What Azure's fabric is known by, in every region and VNET. "Go" names the constants of the Go
/// plugins, which are the only word on what Azure does not document.
namespace azcni::net::azure {

/// The platform's own address: metadata of the NICs, DNS, DHCP, health probes
/// (learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
inline constexpr IpAddress kWireserver{Family::kIpv4,
                                       std::array<std::uint8_t, 4>{168, 63, 129, 16}};

/// The instance metadata service: tokens of the VM's identities, and what it was made of
/// (learn.microsoft.com/azure/virtual-machines/instance-metadata-service).
inline constexpr IpAddress kInstanceMetadata{Family::kIpv4,
                                             std::array<std::uint8_t, 4>{169, 254, 169, 254}};

/// The virtual router's: every ARP request in a VNET is answered with it (Go: virtualMacAddress,
/// defaultHostGwMac).
inline constexpr MacAddress kRouterMac{{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc}};

/// The virtual router's in IPv6, fe80::1234:5678:9abc (Go: defaultV6HostGw, virtualv6GwString).
inline constexpr IpAddress kRouterLinkLocal{
    Family::kIpv6, std::array<std::uint8_t, 16>{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34,
                                                0x56, 0x78, 0x9a, 0xbc}};

/// No machine's: a next hop of containers, which a permanent neighbour entry alone knows (Go:
/// virtualGwIPString).
inline constexpr IpAddress kVirtualGateway{Family::kIpv4,
                                           std::array<std::uint8_t, 4>{169, 254, 1, 1}};

/// The first address of a subnet is the virtual router's, and given to no NIC
/// (learn.microsoft.com/azure/virtual-network/virtual-networks-faq, "restrictions on using IP
/// addresses within these subnets").
inline IpAddress gateway_of(const Prefix& subnet) { return subnet.host(1); }

}  // namespace azcni::net::azure
