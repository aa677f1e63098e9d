#include <algorithm>
#include <iterator>
#include <set>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "bridged.h"
#include "conntrack.h"
#include "container_side.h"
#include "diagnostics.h"
#include "forward_accept.h"
#include "l3_rules.h"
#include "links.h"
#include "netns.h"
#include "nft/query.h"
#include "nft/socket.h"
#include "nic_bridge.h"
#include "qdisc.h"
#include "sysctl.h"
#include "transparent.h"

namespace azcni::network {
namespace {

class LinuxBackend final : public Backend {
 public:
  void require_possible(const NetworkSpec& spec,
                        const std::optional<NetworkRecord>& known) override {
    net::Netlink netlink;
    const auto nic = spec.master.empty() ? std::nullopt : std::optional(require_nic(netlink, spec));
    if (spec.mode == Mode::kTransparent && !needs_firewall(spec)) return;
    if (spec.mode != Mode::kTransparent) {
      nic_bridge::require_possible(netlink, spec);
      if (nic) nic_bridge::choose(netlink, spec, *nic, known);
    }
    if (nft::is_available()) return;
    throw Error(ErrorCode::kSystem,
                "the kernel has no nf_tables, which mode " + to_string(spec.mode) +
                    (needs_firewall(spec) ? " with ipMasq or forwardAccept needs" : " needs"),
                "load module nf_tables, or use mode transparent");
  }

  bool is_connected(const NetworkRecord& network) override {
    return (is_routed(network) ? transparent::is_connected(network)
                               : bridged::is_connected(network)) &&
           has_firewall(network.spec);
  }

  NetworkRecord connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                        const std::vector<EndpointRecord>& containers, UndoStack& undo) override {
    if (!known && needs_firewall(spec))
      undo.push("remove the network's rules", [spec] { remove_firewall(spec); });
    const NetworkRecord network = spec.mode == Mode::kTransparent
                                      ? transparent::connect(spec)
                                      : bridged::connect(spec, known, containers, undo);
    if (needs_firewall(spec) || (known && needs_firewall(known->spec)))
      set_firewall(network.spec, containers);
    return network;
  }

  void disconnect(const NetworkRecord& network, bool nic_is_free) override {
    if (!is_routed(network) && nic_is_free)
      bridged::disconnect(network);  // a routed one changed nothing of the NIC
    if (nft::is_available()) remove_firewall(network.spec);
  }

  bool is_attached(const EndpointSpec& endpoint) override {
    return find_mac(endpoint.host_if) == endpoint.host_mac;
  }

  std::vector<EndpointId> find_attached(const std::vector<EndpointId>& ids) override {
    std::set<net::MacAddress> macs;
    for (const net::Interface& link : net::list_interfaces()) macs.insert(link.mac);
    std::vector<EndpointId> attached;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(attached),
                 [&](const EndpointId& id) { return macs.count(host_mac(id)) != 0; });
    return attached;
  }

  std::vector<EndpointInterface> attach(const NetworkRecord& network, const EndpointSpec& endpoint,
                                        const AddressSource& await_addressing,
                                        const EndpointOptions& options) override {
    const NetNs netns = NetNs::open(endpoint.sandbox);
    net::Netlink netlink;
    remove_namesake(netlink, endpoint);
    VethSpec veth{endpoint.host_if,       endpoint.host_mac, endpoint.id.if_name,
                  endpoint.container_mac, netns.fd(),        network.mtu};
    if (!is_routed(network)) {
      bridged::keep_managers_away(netlink, network);
      bridged::place_link(netlink, network, veth);
    }
    create_veth(netlink, veth);
    const Link host_link = require_link(netlink, endpoint.host_if);
    sysctl::set("ipv6/conf/" + endpoint.host_if + "/accept_ra", "0");
    set_up(netlink, host_link);
    if (!is_routed(network)) bridged::set_up_port(netlink, endpoint, host_link);
    ContainerSide container(netns, endpoint.id.if_name);
    container.bring_up();

    const Addressing addressing = await_addressing();
    for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
      const Addressing part = of_family(addressing, family);
      if (part.addresses.empty()) continue;
      if (family == net::Family::kIpv6) container.enable_ipv6(netns);
      container.configure(part, gateway_for(network, endpoint, part));
    }
    for (const net::Prefix& prefix : addressing.addresses) {
      if (is_routed(network)) {
        transparent::add_container_path(netlink, network, endpoint, prefix.address, host_link);
      } else {
        bridged::add_container_path(netlink, network, endpoint, prefix.address);
      }
    }
    add_to_rules(network, endpoint, addressing.addresses, options.ports);
    set_tbf(netlink, host_link, options.to_container);
    container.set_tbf(options.from_container);
    if (is_routed(network)) {
      wait_for_carrier(netlink, endpoint.host_if);
    } else {
      bridged::wait_for_port(netlink, endpoint.host_if);
    }
    container.wait_until_usable(addressing);
    return {{endpoint.host_if, endpoint.host_mac, "", network.mtu},
            {endpoint.id.if_name, endpoint.container_mac, endpoint.sandbox, network.mtu}};
  }

  bool share(const EndpointSpec&, const std::string&) override { return false; }

  void publish(const NetworkRecord& network, const EndpointRecord& endpoint) override {
    net::Netlink netlink;
    if (!is_routed(network)) bridged::put(netlink, network, endpoint);
    add_to_rules(network, endpoint.spec, endpoint.addressing.addresses, endpoint.ports);
  }

  void detach(const EndpointSpec& endpoint, const std::vector<net::Prefix>& addresses) override {
    net::Netlink netlink;
    // Closing the socket waits until the kernel has freed the map's element; it does that while the
    // link is deleted, if the socket stays open so long.
    std::optional<net::Netlink> nft;
    ErrorList errors;
    std::vector<nft::Table> tables;
    errors.attempt([&] {
      nft = nft::find_socket();
      if (nft) tables = nft::list_tables(*nft);
    });
    errors.attempt([&] {
      if (!tables.empty())
        conntrack::forget_flows_of(l3::forget(*nft, tables, endpoint.container_mac));
    });
    errors.attempt([&] {
      if (!tables.empty()) bridged::forget_container(netlink, *nft, tables, endpoint.container_mac);
    });
    errors.attempt([&] { delete_links(netlink, endpoint); });
    // Routes of the link are gone with it; others would keep the address from its pool.
    errors.attempt([&] { bridged::forget_addresses(netlink, addresses, endpoint.container_mac); });
    errors.throw_if_any();
  }

  void verify(const NetworkRecord& network, const EndpointRecord& record) override {
    const EndpointSpec& endpoint = record.spec;
    const Addressing& addressing = record.addressing;
    net::Netlink netlink;
    std::vector<std::string> missing =
        is_routed(network) ? transparent::missing(netlink, network, endpoint, addressing.addresses)
                           : bridged::missing(netlink, network, endpoint, addressing.addresses);
    if (l3::is_wanted(network.spec)) {
      net::Netlink nft = nft::open_socket();
      const auto more = l3::missing(nft, network.spec, record);
      missing.insert(missing.end(), more.begin(), more.end());
    }
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
    append_stolen(addressing.addresses, missing);
    report(missing);
  }

  std::vector<Finding> diagnose(const std::vector<NetworkRecord>& networks,
                                const std::vector<EndpointRecord>& endpoints) override {
    return diagnostics::diagnose(networks, endpoints);
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

  static bool needs_firewall(const NetworkSpec& spec) {
    return l3::is_wanted(spec) || spec.routing.forward_accept;
  }

  static bool has_firewall(const NetworkSpec& spec) {
    if (!needs_firewall(spec)) return true;
    net::Netlink nft = nft::open_socket();
    return (!l3::is_wanted(spec) || l3::is_installed(nft, spec)) &&
           (!spec.routing.forward_accept || forward_accept::is_ensured(nft, spec));
  }

  /// Also what is wanted no more. The containers that are there keep their ports.
  static void set_firewall(const NetworkSpec& spec, const std::vector<EndpointRecord>& containers) {
    net::Netlink nft = nft::open_socket();
    l3::install(nft, spec);
    for (const EndpointRecord& each : containers)
      l3::add(nft, spec, each.spec, each.addressing.addresses, each.ports);
    if (spec.routing.forward_accept) {
      forward_accept::ensure(nft, spec);
    } else {
      forward_accept::remove(nft, spec);
    }
  }

  static void remove_firewall(const NetworkSpec& spec) {
    net::Netlink nft = nft::open_socket();
    if (spec.routing.forward_accept) forward_accept::remove(nft, spec);
    l3::remove(nft, spec.name);
  }

  /// Makes the container known to the host's rules: its ports, and where it is to be masqueraded.
  static void add_to_rules(const NetworkRecord& network, const EndpointSpec& endpoint,
                           const std::vector<net::Prefix>& addresses,
                           const std::vector<PortMapping>& ports) {
    if (!l3::is_wanted(network.spec)) return;
    net::Netlink nft = nft::open_socket();
    if (!ports.empty()) {
      const std::string& way = is_routed(network) ? endpoint.host_if : network.spec.bridge.name;
      sysctl::set("ipv4/conf/" + way + "/route_localnet", "1");  // from 127.0.0.1, too
    }
    if (!is_routed(network) && network.spec.routing.ip_forward) {
      for (const net::Prefix& prefix : addresses) {
        if (!prefix.address.is_ipv4()) sysctl::forward_ipv6(network.spec.bridge.name);
      }
    }
    l3::add(nft, network.spec, endpoint, addresses, ports);
    conntrack::forget_flows_to(ports);
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
    delete_link(netlink, *link);
  }

  /// The pair of links, by whichever end can be found.
  static void delete_links(net::Netlink& netlink, const EndpointSpec& endpoint) {
    const auto link = find_link(netlink, endpoint.host_if);
    if (link && link->mac == endpoint.host_mac) {
      delete_link(netlink, *link);  // its peer and routes go with it
    } else if (const auto netns = NetNs::find(endpoint.sandbox)) {
      // Another name than expected (no record, and no CNI_ARGS as ADD had them): then from inside.
      delete_from_within(*netns, endpoint.id.if_name, endpoint.container_mac);
    }
  }

  /// An address that the host was given meanwhile: it answers in the container's place.
  static void append_stolen(const std::vector<net::Prefix>& addresses,
                            std::vector<std::string>& missing) {
    for (const net::Prefix& each : addresses) {
      const auto user = net::find_user_of(each.address);
      if (user && user->starts_with("an address of"))
        missing.push_back(net::to_string(each.address) + " for the container alone: it is " +
                          *user);
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
