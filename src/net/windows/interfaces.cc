#include "azcni/net/interfaces.h"

// winsock2.h must come before windows.h.
#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>

#include <algorithm>

#include "azcni/base/windows.h"

namespace azcni::net {
namespace {

/// An adapter with its addresses, of the IP Helper API.
struct Adapter {
  Interface nic;
  std::vector<IpAddress> addresses;
};

IpAddress address_of(const SOCKADDR& socket_address) {
  if (socket_address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket_address);
    return {Family::kIpv4, {reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4}};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(socket_address);
  return {Family::kIpv6, {reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), 16}};
}

Adapter parse_adapter(const IP_ADAPTER_ADDRESSES& entry) {
  Adapter adapter;
  adapter.nic.name = to_utf8(entry.FriendlyName);
  adapter.nic.index = entry.IfIndex != 0 ? entry.IfIndex : entry.Ipv6IfIndex;
  if (entry.PhysicalAddressLength == 6)
    std::copy_n(entry.PhysicalAddress, 6, adapter.nic.mac.bytes.begin());
  for (const auto* each = entry.FirstUnicastAddress; each != nullptr; each = each->Next) {
    const SOCKADDR* address = each->Address.lpSockaddr;
    if (address != nullptr && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
      adapter.addresses.push_back(address_of(*address));
  }
  return adapter;
}

std::vector<Adapter> list_adapters() {
  constexpr ULONG kFlags =
      GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  std::vector<std::uint64_t> buffer(4096);  // aligned for the structures in it
  for (;;) {
    ULONG size = static_cast<ULONG>(buffer.size() * sizeof buffer[0]);
    auto* first = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data());
    const ULONG status = ::GetAdaptersAddresses(AF_UNSPEC, kFlags, nullptr, first, &size);
    if (status == ERROR_BUFFER_OVERFLOW) {
      buffer.resize(size / sizeof buffer[0] + 1);
      continue;
    }
    std::vector<Adapter> adapters;
    if (status == ERROR_NO_DATA) return adapters;
    if (status != ERROR_SUCCESS) throw windows_error("list network adapters", status);
    for (const auto* entry = first; entry != nullptr; entry = entry->Next)
      adapters.push_back(parse_adapter(*entry));
    std::sort(adapters.begin(), adapters.end(),
              [](const Adapter& a, const Adapter& b) { return a.nic.index < b.nic.index; });
    return adapters;
  }
}

}  // namespace

std::vector<Interface> list_interfaces() {
  std::vector<Interface> interfaces;
  for (const Adapter& each : list_adapters()) interfaces.push_back(each.nic);
  return interfaces;
}

bool networks_span_nics() { return false; }

std::string nic_name(const std::string& name) {
  constexpr std::string_view kSwitchPort = "vEthernet (";
  if (!name.starts_with(kSwitchPort) || !name.ends_with(")")) return name;
  return name.substr(kSwitchPort.size(), name.size() - kSwitchPort.size() - 1);
}

std::optional<Interface> find_interface_in(const Prefix& subnet) {
  for (const Adapter& adapter : list_adapters()) {
    const auto is_within = [&](const IpAddress& address) { return subnet.contains(address); };
    if (std::any_of(adapter.addresses.begin(), adapter.addresses.end(), is_within))
      return adapter.nic;
  }
  return std::nullopt;
}

std::optional<Interface> find_default_interface() {
  DWORD index = 0;
  if (::GetBestInterface(INADDR_ANY, &index) != NO_ERROR) return std::nullopt;
  for (const Interface& each : list_interfaces()) {
    if (each.index == index) return each;
  }
  return std::nullopt;
}

std::optional<std::string> find_user_of(const IpAddress& address) {
  for (const Adapter& adapter : list_adapters()) {
    const auto& own = adapter.addresses;
    if (std::find(own.begin(), own.end(), address) != own.end())
      return "an address of " + adapter.nic.name;
  }
  return std::nullopt;
}

std::vector<VethPair> list_veth_pairs() { return {}; }

}  // namespace azcni::net
