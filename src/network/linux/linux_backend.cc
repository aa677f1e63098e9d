#include <algorithm>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "container_side.h"
#include "links.h"
#include "netns.h"
#include "sysctl.h"
#include "transparent.h"

namespace azcni::network {
namespace {

class LinuxBackend final : public Backend {
 public:
  std::string find_master(const net::Prefix& subnet) override {
    if (const auto found = net::find_interface_in(subnet)) return found->name;
    throw Error(ErrorCode::kNoMaster,
                "no interface of this host has an address in " + net::to_string(subnet),
                "name the NIC in `master` of the configuration");
  }

  bool is_connected(const NetworkRecord& network) override {
    return transparent::is_connected(network);
  }

  NetworkRecord connect(const NetworkSpec& spec) override { return transparent::connect(spec); }

  bool is_attached(const EndpointSpec& endpoint) override {
    return find_mac(endpoint.host_if) == endpoint.host_mac;
  }

  void attach(const NetworkRecord& network, const EndpointSpec& endpoint,
              const Addresses& addresses) override {
    const NetNs netns = NetNs::open(endpoint.sandbox);
    net::Netlink netlink;
    remove_namesake(netlink, endpoint);
    create_veth(netlink, {endpoint.host_if, endpoint.host_mac, endpoint.id.if_name,
                          endpoint.container_mac, netns.fd(), network.mtu});
    const Link host_link = require_link(netlink, endpoint.host_if);
    sysctl::set("ipv6/conf/" + endpoint.host_if + "/accept_ra", "0");
    set_up(netlink, host_link.index, endpoint.host_if);
    ContainerSide container = ContainerSide::bring_up(netns, endpoint.id.if_name);

    for (const net::Prefix& prefix : addresses()) {
      const net::IpAddress& address = prefix.address;
      if (!address.is_ipv4()) container.enable_ipv6(netns);
      container.configure(address, transparent::gateway_for(address.family(), endpoint.host_mac));
      transparent::add_way_to_container(netlink, network, endpoint, address, host_link);
    }
  }

  void detach(const EndpointSpec& endpoint) override {
    net::Netlink netlink;
    const auto link = find_link(netlink, endpoint.host_if);
    if (link && link->mac == endpoint.host_mac) {
      delete_link(netlink, link->index, endpoint.host_if);  // its peer and routes go with it
      return;
    }
    // Another name than expected (no record, and no CNI_ARGS as ADD had them): then from inside.
    if (const auto netns = NetNs::find(endpoint.sandbox)) {
      delete_from_within(*netns, endpoint.id.if_name, endpoint.container_mac);
    }
  }

  void verify(const EndpointSpec& endpoint, const std::vector<net::Prefix>& addresses) override {
    net::Netlink netlink;
    std::vector<std::string> missing = transparent::missing(netlink, endpoint, addresses);
    ContainerSide container(NetNs::open(endpoint.sandbox), endpoint.id.if_name);
    if (container.link().mac != endpoint.container_mac) {
      missing.push_back("MAC address " + net::to_string(endpoint.container_mac) + " of " +
                        endpoint.id.if_name + ", which has " +
                        net::to_string(container.link().mac));
    }
    if (!container.link().up) missing.push_back("link " + endpoint.id.if_name + " up");
    for (const net::Prefix& prefix : addresses) {
      const auto more = container.missing(
          prefix.address, transparent::gateway_for(prefix.address.family(), endpoint.host_mac));
      missing.insert(missing.end(), more.begin(), more.end());
    }
    report(missing);
  }

  std::optional<net::MacAddress> find_mac(const std::string& name) override {
    net::Netlink netlink;
    const auto link = find_link(netlink, name);
    return link ? std::optional(link->mac) : std::nullopt;
  }

 private:
  /// Names are made of the pod's name, so a pod that was created anew finds the link of its former
  /// life, whose DEL has not come yet and will find nothing.
  static void remove_namesake(net::Netlink& netlink, const EndpointSpec& endpoint) {
    const auto link = find_link(netlink, endpoint.host_if);
    if (!link) return;
    log::info("link {} of another container of this pod goes", endpoint.host_if);
    delete_link(netlink, link->index, endpoint.host_if);
  }

  static void report(const std::vector<std::string>& missing) {
    if (missing.empty()) return;
    std::string text;
    for (const std::string& each : missing) text += (text.empty() ? "" : "; ") + each;
    throw Error(ErrorCode::kCheckFailed, "missing: " + text,
                "the container has to be created anew");
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<LinuxBackend>(); }

}  // namespace azcni::network
