// The floor: one static process that makes just the netlink requests of one container in
// transparent mode, with no configuration, no state and no errors worth reading. What a plugin
// needs beyond it is its own doing. With FLOOR_DELEGATE set it also starts that program and waits
// for it, beside the requests, as a plugin that delegates its IPAM must.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "azcni/base/environment.h"
#include "azcni/base/subprocess.h"
#include "azcni/network/endpoint.h"
#include "objects/objects.h"

namespace {

using namespace azcni;
using namespace azcni::network;

std::string variable(const char* name) { return environment_variable(name).value_or(""); }

/// One request, one answer.
template <typename Kind>
void make(const Kind& object, Namespace& in) {
  Messages messages;
  append_creation(object, in, messages);
  in.netlink().request(messages.front(), to_string(object));
}

void add(const EndpointId& id, const std::string& host_if) {
  std::optional<Subprocess> delegate;
  if (const auto program = environment_variable("FLOOR_DELEGATE")) {
    delegate.emplace(Subprocess::Command{
        *program, {}, environment_variables(), "{}", -1, std::chrono::seconds(10)});
  }
  Namespace host, container(NetNs::open(variable("CNI_NETNS")));
  put(Veth{host_if, host_mac(id), 1500, 0, "", id.if_name, container_mac(id)}, host, container);
  make(LinkUp{host_if}, host);
  make(LinkUp{id.if_name}, container);

  if (delegate) delegate->wait();
  const unsigned number =
      static_cast<unsigned>(std::strtoul(id.container_id.substr(0, 8).c_str(), nullptr, 16));
  const std::uint8_t bytes[] = {10, 80, static_cast<std::uint8_t>(number >> 8),
                                static_cast<std::uint8_t>(number)};
  const net::IpAddress address(net::Family::kIpv4, bytes), gateway = *net::parse_ip("169.254.1.1");
  make(Address{id.if_name, net::Prefix::single(address)}, container);
  make(Route{id.if_name, net::Prefix::single(gateway)}, container);
  make(Route{id.if_name, net::Prefix::everything(net::Family::kIpv4), gateway}, container);
  make(Neighbour{id.if_name, gateway, host_mac(id)}, container);
  make(Route{host_if, net::Prefix::single(address)}, host);
}

void del(const std::string& host_if) {
  net::Netlink host;
  if (const auto link = find_link(host, host_if)) delete_link(host, *link);
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
