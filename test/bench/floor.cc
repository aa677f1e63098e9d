// The floor: one static process that makes just the netlink requests of one container in
// transparent mode, with no configuration, no state and no errors worth reading. What a plugin
// needs beyond it is its own doing. With FLOOR_DELEGATE set it also starts that program and waits
// for it, beside the requests, as a plugin that delegates its IPAM must.

#include <net/if.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "addresses.h"
#include "azcni/base/environment.h"
#include "azcni/base/subprocess.h"
#include "azcni/network/endpoint.h"
#include "links.h"
#include "neighbours.h"
#include "netns.h"
#include "routes.h"

namespace {

using namespace azcni;
using namespace azcni::network;

std::string variable(const char* name) { return environment_variable(name).value_or(""); }

void add(const EndpointId& id, const std::string& host_if) {
  std::optional<Subprocess> delegate;
  if (const auto program = environment_variable("FLOOR_DELEGATE")) {
    delegate.emplace(Subprocess::Command{
        *program, {}, environment_variables(), "{}", -1, std::chrono::seconds(10)});
  }
  const NetNs netns = NetNs::open(variable("CNI_NETNS"));
  net::Netlink host;
  create_veth(host, {host_if, host_mac(id), id.if_name, container_mac(id), netns.fd(), 1500});
  const LinkId outer{::if_nametoindex(host_if.c_str()), host_if};
  set_up(host, outer);

  const ScopedNetNs inside(netns);
  net::Netlink container;
  const LinkId inner{::if_nametoindex(id.if_name.c_str()), id.if_name};
  set_up(container, inner);

  if (delegate) delegate->wait();
  const unsigned number =
      static_cast<unsigned>(std::strtoul(id.container_id.substr(0, 8).c_str(), nullptr, 16));
  const std::uint8_t bytes[] = {10, 80, static_cast<std::uint8_t>(number >> 8),
                                static_cast<std::uint8_t>(number)};
  const net::IpAddress address(net::Family::kIpv4, bytes), gateway = *net::parse_ip("169.254.1.1");
  add_address(container, inner, net::Prefix::single(address));
  add_route(container, {net::Prefix::single(gateway), std::nullopt, inner});
  add_route(container, {net::Prefix::everything(net::Family::kIpv4), gateway, inner});
  put_neighbour(container, {gateway, host_mac(id), inner, true});
  add_route(host, {net::Prefix::single(address), std::nullopt, outer});
}

void del(const std::string& host_if) {
  net::Netlink host;
  const LinkId link{::if_nametoindex(host_if.c_str()), host_if};
  if (link.index != 0) delete_link(host, link);
}

}  // namespace

int main() {
  try {
    const EndpointId id{variable("CNI_CONTAINERID"), variable("CNI_IFNAME")};
    const std::string host_if = host_if_name({id, "floor", "", "", ""});
    if (variable("CNI_COMMAND") == "ADD") {
      add(id, host_if);
    } else {
      del(host_if);
    }
    std::puts("{}");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
