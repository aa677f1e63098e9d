#include <algorithm>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/network/backend.h"
#include "bridged.h"
#include "container_side.h"
#include "links.h"
#include "netns.h"
#include "nftables.h"
#include "sysctl.h"
#include "transparent.h"

namespace azcni::network {
namespace {

class LinuxBackend final : public Backend {
 public:
  void require_possible(const NetworkSpec& spec) override {
    net::Netlink netlink;
    if (!spec.master.empty()) require_nic(netlink, spec);
    if (spec.mode == Mode::kTransparent || nft::is_available()) return;
    throw Error(ErrorCode::kSystem,
                "the kernel has no nf_tables, which mode " + to_string(spec.mode) + " needs",
                "load module nf_tables, or use mode transparent");
  }

  bool is_connected(const NetworkRecord& network) override {
    return is_routed(network) ? transparent::is_connected(network) : bridged::is_connected(network);
  }

  NetworkRecord connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                        const std::vector<EndpointRecord>& containers) override {
    if (spec.mode == Mode::kTransparent) return transparent::connect(spec);
    return bridged::connect(spec, known, containers);
  }

  void disconnect(const NetworkRecord& network) override {
    if (!is_routed(network))
      bridged::disconnect(network);  // a routed one changed nothing of the NIC
  }

  bool is_attached(const EndpointSpec& endpoint) override {
    return find_mac(endpoint.host_if) == endpoint.host_mac;
  }

  std::vector<EndpointInterface> attach(const NetworkRecord& network, const EndpointSpec& endpoint,
                                        const AddressSource& source,
                                        const EndpointOptions&) override {
    const NetNs netns = NetNs::open(endpoint.sandbox);
    net::Netlink netlink;
    remove_namesake(netlink, endpoint);
    VethSpec veth{endpoint.host_if,       endpoint.host_mac, endpoint.id.if_name,
                  endpoint.container_mac, netns.fd(),        network.mtu};
    if (!is_routed(network)) bridged::place_link(netlink, network, veth);
    create_veth(netlink, veth);
    const Link host_link = require_link(netlink, endpoint.host_if);
    sysctl::set("ipv6/conf/" + endpoint.host_if + "/accept_ra", "0");
    set_up(netlink, host_link.index, endpoint.host_if);
    if (!is_routed(network)) bridged::set_up_port(netlink, endpoint, host_link);
    ContainerSide container(netns, endpoint.id.if_name);
    container.bring_up();

    const Addressing addressing = source();
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
      const Addressing part = of_family(addressing, family);
      if (part.addresses.empty()) continue;
      if (family == net::Family::kIpv6) container.enable_ipv6(netns);
      container.configure(part, gateway_for(network, endpoint, part));
    }
    for (const net::Prefix& prefix : addressing.addresses) {
      if (is_routed(network)) {
        transparent::add_way_to_container(netlink, network, endpoint, prefix.address, host_link);
      } else {
        bridged::add_way_to_container(netlink, network, endpoint, prefix.address);
      }
    }
    if (is_routed(network)) {
      wait_for_carrier(netlink, endpoint.host_if);
    } else {
      bridged::wait_for_port(netlink, endpoint.host_if);
    }
    container.wait_for_carrier();
    return {{endpoint.host_if, endpoint.host_mac, "", network.mtu},
            {endpoint.id.if_name, endpoint.container_mac, endpoint.sandbox, network.mtu}};
  }

  bool share(const EndpointSpec&, const std::string&) override { return false; }

  void detach(const EndpointSpec& endpoint) override {
    net::Netlink netlink;
    // Closing the socket waits until the kernel has freed the map's element; it does that while the
    // link is deleted, if the socket stays open so long.
    std::optional<net::Netlink> nft;
    if (nft::is_available()) nft = nft::open_socket();
    ErrorList errors;
    errors.attempt([&] {
      if (nft) bridged::forget_container(netlink, *nft, endpoint.container_mac);
    });
    errors.attempt([&] { delete_links(netlink, endpoint); });
    errors.throw_if_any();
  }

  void verify(const NetworkRecord& network, const EndpointSpec& endpoint,
              const Addressing& addressing) override {
    net::Netlink netlink;
    std::vector<std::string> missing =
        is_routed(network) ? transparent::missing(netlink, endpoint, addressing.addresses)
                           : bridged::missing(netlink, network, endpoint, addressing.addresses);
    ContainerSide container(NetNs::open(endpoint.sandbox), endpoint.id.if_name);
    if (container.link().mac != endpoint.container_mac) {
      missing.push_back("MAC address " + net::to_string(endpoint.container_mac) + " of " +
                        endpoint.id.if_name + ", which has " +
                        net::to_string(container.link().mac));
    }
    if (!container.link().up) missing.push_back("link " + endpoint.id.if_name + " up");
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
      const Addressing part = of_family(addressing, family);
      if (part.addresses.empty()) continue;
      const auto more = container.missing(part, gateway_for(network, endpoint, part));
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
  static bool is_routed(const NetworkRecord& network) {
    return network.spec.mode == Mode::kTransparent;
  }

  static Gateway gateway_for(const NetworkRecord& network, const EndpointSpec& endpoint,
                             const Addressing& part) {
    return is_routed(network) ? transparent::gateway_for(part.addresses.front().address.family(),
                                                         endpoint.host_mac)
                              : bridged::gateway_for(part);
  }

  /// Names are made of the pod's name, so a pod that was created anew finds the link of its former
  /// life, whose DEL has not come yet and will find nothing.
  static void remove_namesake(net::Netlink& netlink, const EndpointSpec& endpoint) {
    const auto link = find_link(netlink, endpoint.host_if);
    if (!link) return;
    log::info("link {} of another container of this pod goes", endpoint.host_if);
    delete_link(netlink, link->index, endpoint.host_if);
  }

  /// The pair of links, by whichever end can be found.
  static void delete_links(net::Netlink& netlink, const EndpointSpec& endpoint) {
    const auto link = find_link(netlink, endpoint.host_if);
    if (link && link->mac == endpoint.host_mac) {
      delete_link(netlink, link->index, endpoint.host_if);  // its peer and routes go with it
    } else if (const auto netns = NetNs::find(endpoint.sandbox)) {
      // Another name than expected (no record, and no CNI_ARGS as ADD had them): then from inside.
      delete_from_within(*netns, endpoint.id.if_name, endpoint.container_mac);
    }
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

std::unique_ptr<Backend> make_backend(const BackendOptions&) {
  return std::make_unique<LinuxBackend>();
}

}  // namespace azcni::network
