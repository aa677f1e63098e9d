#include "advertisement.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/socket.h>

#include <memory>
#include <optional>

#include "namespaces.h"

namespace azcni::lab {
namespace {

/// Nothing while there is none.
std::optional<sockaddr_in6> link_local_address(const std::string& interface) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6) continue;
    const auto* address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
    if (interface == each->ifa_name && IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr)) return *address;
  }
  return std::nullopt;
}

/// Only one from a link-local address counts, and such an address is tentative at first: then
/// bind() fails.
bool send_advertisement(const std::string& interface) {
  const UniqueFd fd(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  const int hops = 255;
  ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
  const unsigned char message[16] = {134, 0, 0, 0, 64, 0, 7, 8};
  std::optional<sockaddr_in6> source;
  const auto is_bound = [&] {
    source = link_local_address(interface);
    return source &&
           ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*source), sizeof *source) == 0;
  };
  if (!eventually(is_bound)) return false;
  sockaddr_in6 all_nodes = *source;
  ::inet_pton(AF_INET6, "ff02::1", &all_nodes.sin6_addr);
  return ::sendto(fd.get(), message, sizeof message, 0,
                  reinterpret_cast<const sockaddr*>(&all_nodes), sizeof all_nodes) > 0;
}

}  // namespace

void advertise_router(const ExecContext& context, const std::string& interface) {
  run_there(context, "send a router advertisement from " + interface,
            [&] { return send_advertisement(interface); });
}

}  // namespace azcni::lab
