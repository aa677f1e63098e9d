#include <algorithm>
#include <iterator>
#include <set>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "diagnostics.h"
#include "elements.h"
#include "guard.h"
#include "inet_table.h"
#include "kernel.h"
#include "link_managers.h"
#include "modes/mode.h"
#include "modes/parts.h"
#include "nft/query.h"
#include "nft/socket.h"
#include "nic_bridge.h"
#include "nic_connection.h"
#include "nic_routing.h"
#include "node_table.h"
#include "objects/objects.h"
#include "put_back.h"
#include "remains.h"
#include "snapshot.h"

namespace azcni::network {
namespace {

class LinuxBackend final : public Backend {
 public:
  void require_possible(const NetworkSpec& spec,
                        const std::optional<NetworkRecord>& known) override {
    net::Netlink netlink;
    const auto nic = spec.master.empty()
                         ? std::nullopt
                         : std::optional(require_nic(netlink, spec.master, spec.name));
    const Needs needs = needs_of(spec);
    if (needs.bridge) nic_bridge::require_possible(netlink, spec);
    if (needs.bridge && nic) nic_bridge::choose(netlink, spec, *nic, known);
    if (needs.nf_tables.empty() || nft::is_available()) return;
    throw Error(ErrorCode::kSystem,
                "the kernel has no nf_tables, which " + needs.nf_tables + " needs",
                "load module nf_tables, or use mode transparent");
  }

  bool is_connected(const NetworkRecord& network, const NicState& on_nic) override {
    // Made by a version that kept no record of it.
    if (!on_nic.nic || !network.has_nf_tables) return false;
    Kernel kernel;
    return kernel.missing(shared(network, on_nic)).empty();
  }

  Connected connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                    const NicState& on_nic, const std::vector<EndpointRecord>& containers,
                    UndoStack& undo) override {
    Kernel kernel;
    Connected made{connect_nic(kernel, spec, known, on_nic, undo), {}};
    made.network = {spec, made.nic.mtu, nullptr, kernel.find_nft() != nullptr};
    if (needs_of(spec).bridge) made.network.spec.bridge.name = made.nic.bridge;

    NicState with_it = on_nic;
    with_it.nic = made.nic;
    std::erase_if(with_it.networks,
                  [&](const NetworkRecord& each) { return each.spec.name == spec.name; });
    with_it.networks.push_back(made.network);
    const Footprint all = shared(made.network, with_it);
    if (!known) push_removal(kernel, made.network, undo);
    if (known) kernel.remove(obsolete(*known, all, containers), Level::kNetwork);
    if (on_nic.nic) kernel.remove(former_routing(*on_nic.nic, made.nic), Level::kNic);
    const auto living = living_of(kernel, containers, known ? *known : made.network, made.nic);
    Footprint with_containers = all;
    kernel.put_host_side(with_containers += elements_of(made.network, living));
    if (known) {
      kernel.remove(without(elements_of(*known, living), elements_of(made.network, living)));
      remove_former_table(kernel, made.network);
    }
    connect_containers(kernel, made.network, living);
    finish_nic(kernel, made.nic);
    made.network.host = made.nic.before;
    return made;
  }

  NicRecord disconnect(const NetworkRecord& network, const NicState& rest,
                       const std::vector<NicState>& others,
                       const std::vector<EndpointRecord>& attached) override {
    Kernel kernel;
    NicState all = rest;
    all.networks.push_back(network);
    NicRecord nic = rest.nic.value_or(record_of_before(all));
    const bool is_needed =
        std::any_of(rest.networks.begin(), rest.networks.end(),
                    [](const auto& each) { return !bridge_of(each.spec).empty(); }) ||
        std::any_of(attached.begin(), attached.end(),
                    [](const auto& each) { return !each.placement.bridge.empty(); });
    if (!nic.bridge.empty() && !is_needed) {
      give_nic_back(kernel, nic);
      nic.bridge.clear();
    }
    Footprint own = footprint_of(network);
    if (rest.networks.empty()) own += footprint_of(nic, {});
    for (const NicState& each : others) own = without(own, whole(each));
    kernel.remove(own, Level::kNic);
    remove_former_table(kernel, network);
    return nic;
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

  std::vector<EndpointRecord> list_attached() override {
    std::vector<EndpointRecord> attached;
    for (const net::VethPair& pair : net::list_veth_pairs()) {
      EndpointRecord& record = attached.emplace_back();
      record.spec.id.if_name = pair.peer;
      record.spec.host_if = pair.link;
      record.spec.host_mac = pair.mac;
      record.spec.container_mac = pair.peer_mac;
      record.options.mtu = pair.mtu;
      for (const net::IpAddress& each : pair.addresses)
        record.addressing.addresses.push_back(net::Prefix::single(each));
    }
    return attached;
  }

  std::vector<EndpointInterface> attach(const NetworkRecord& network,
                                        const EndpointRecord& endpoint) override {
    const EndpointSpec& it = endpoint.spec;
    Kernel kernel(it.sandbox);
    const Footprint wanted = footprint_of(network, endpoint);
    if (!endpoint.placement.bridge.empty()) keep_managers_away(kernel, network);
    if (network.has_nf_tables.value_or(false))
      kernel.remove({elements::of_former_holders(kernel.nft(), endpoint), {}});
    kernel.put(wanted);
    kernel.settle(wanted);
    return {{it.host_if, it.host_mac, "", mtu_of(endpoint)},
            {it.id.if_name, it.container_mac, it.sandbox, mtu_of(endpoint)}};
  }

  bool share(const EndpointSpec&, const std::string&) override { return false; }

  void restore(const NetworkRecord& network, const NicState& on_nic,
               const EndpointRecord& endpoint) override {
    Kernel kernel;
    put_back(kernel, endpoint.spec,
             {footprint_of(network, completed(endpoint, network, on_nic)).host, {}});
  }

  void restore_container(const NetworkRecord& network, const NicState& on_nic,
                         const EndpointRecord& endpoint) override {
    if (!is_reachable(endpoint.spec)) return;
    Kernel kernel(endpoint.spec.sandbox);
    put_back(kernel, endpoint.spec, footprint_of(network, completed(endpoint, network, on_nic)));
  }

  bool is_reachable(const EndpointSpec& endpoint) override {
    Kernel kernel(endpoint.sandbox);
    Namespace* const inside = kernel.find_container();
    return inside != nullptr &&
           network::is_there(Peer{endpoint.id.if_name, endpoint.container_mac}, *inside);
  }

  std::vector<Broken> find_broken(const std::vector<NicState>& nics,
                                  const std::vector<EndpointRecord>& endpoints) override {
    Kernel kernel;
    Snapshot snapshot(kernel);
    std::vector<Broken> broken;
    for (const NicState& on_nic : nics) {
      for (const NetworkRecord& network : on_nic.networks) {
        for (const EndpointRecord& each : endpoints) {
          if (!is_of(each, network) || !snapshot.has_link(each.spec.host_if, each.spec.host_mac))
            continue;
          const Objects lost =
              snapshot.missing(footprint_of(network, completed(each, network, on_nic)).host);
          if (!lost.empty()) broken.push_back({each.spec.id, in_words({lost, {}})});
        }
      }
    }
    return broken;
  }

  void sweep(const std::function<std::vector<EndpointRecord>()>& on_record) override {
    Kernel kernel;
    if (kernel.find_nft() == nullptr) return;
    const auto listed = elements::list(kernel.nft());
    if (listed.empty()) return;
    const Objects stale = elements::without_owners(listed, on_record());
    if (stale.empty()) return;
    kernel.remove({stale, {}});
    log::info("{} elements of nf_tables were of no attachment: removed", stale.size());
  }

  void detach(const std::optional<NetworkRecord>& network,
              const EndpointRecord& endpoint) override {
    Kernel kernel(endpoint.spec.sandbox);
    const NetworkRecord fallback{{.name = endpoint.spec.network}};
    const NetworkRecord& of = network ? *network : fallback;
    const EndpointRecord known = network ? completed(endpoint, *network, {}) : endpoint;
    Footprint made = footprint_of(of, known);
    append(made.host, inet_table::former_elements_of(known));
    // What has a placement was put by its record; its MAC address may be another's, too. A record
    // that was rebuilt does not know all that was put.
    if ((!endpoint.complete && endpoint.placement.nic.empty()) || endpoint.rebuilt || !network) {
      const Footprint remains = find_remains(kernel, endpoint.spec);
      made += without(remains, made);
    }
    kernel.remove(made);
  }

  std::vector<std::string> missing(const NetworkRecord& network, const NicState& on_nic,
                                   const EndpointRecord& endpoint) override {
    Kernel kernel(endpoint.spec.sandbox);
    Footprint wanted = footprint_of(network, completed(endpoint, network, on_nic));
    if (endpoint.spec.sandbox.empty()) wanted.container.clear();  // no path is on record
    Footprint lost = kernel.missing(wanted += shared(network, on_nic));
    std::vector<std::string> words;
    if (!lost.container.empty() && kernel.find_container() == nullptr) {
      words.push_back("the container's network namespace \"" + endpoint.spec.sandbox + "\"");
      lost.container.clear();
    }
    const std::vector<std::string> objects = in_words(lost);
    words.insert(words.begin(), objects.begin(), objects.end());
    for (const net::Prefix& each : endpoint.addressing.addresses) {
      // The host was given it meanwhile: it answers in the container's place.
      const auto user = net::find_user_of(each.address);
      if (user && user->starts_with("an address of"))
        words.push_back(net::to_string(each.address) + " for the container alone: it is " + *user);
    }
    return words;
  }

  std::vector<Finding> diagnose(const std::vector<NetworkRecord>& networks,
                                const std::vector<EndpointRecord>& endpoints) override {
    return diagnostics::diagnose(networks, endpoints);
  }

  std::vector<Dropped> dropped() override {
    auto nft = nft::find_socket();
    return nft ? guard::dropped(*nft) : std::vector<Dropped>{};
  }

  std::optional<net::MacAddress> find_mac(const std::string& name) override {
    net::Netlink netlink;
    const auto link = find_link(netlink, name);
    return link ? std::optional(link->mac) : std::nullopt;
  }

 private:
  static Footprint whole(const NicState& state) {
    Footprint all;
    if (state.nic) all = footprint_of(*state.nic, state.networks);
    for (const NetworkRecord& each : state.networks) all += footprint_of(each);
    return all;
  }

  /// What all containers of the network rest on.
  static Footprint shared(const NetworkRecord& network, const NicState& on_nic) {
    Footprint all;
    if (on_nic.nic) all = footprint_of(*on_nic.nic, on_nic.networks);
    return all += footprint_of(network);
  }

  /// Those of the containers that have their link; `known`: the network as they were attached.
  static std::vector<EndpointRecord> living_of(Kernel& kernel,
                                               const std::vector<EndpointRecord>& containers,
                                               const NetworkRecord& known, const NicRecord& nic) {
    std::vector<EndpointRecord> living;
    for (const EndpointRecord& each : containers) {
      const auto link = kernel.host().find(each.spec.host_if);
      if (link && link->mac == each.spec.host_mac)
        living.push_back(completed(each, known, {nic, {}}));
    }
    return living;
  }

  /// What a table has to have in it from the beginning: containers lose no packet meanwhile.
  static Footprint elements_of(const NetworkRecord& network,
                               const std::vector<EndpointRecord>& containers) {
    Footprint elements;
    for (const EndpointRecord& each : containers) {
      for (Object& object : footprint_of(network, each).host) {
        if (std::holds_alternative<Element>(object.value))
          elements.host.push_back(std::move(object));
      }
    }
    return elements;
  }

  /// What is shared with other networks stays: that was there.
  static void push_removal(Kernel& kernel, const NetworkRecord& network, UndoStack& undo) {
    Footprint made = footprint_of(network);
    std::erase_if(made.host, [&](const Object& each) {
      const auto* ruleset = std::get_if<nft::Ruleset>(&each.value);
      return ruleset != nullptr && ruleset->table.name == node_table::table().name &&
             nft::count_in_force(kernel.nft(), ruleset->table);
    });
    undo.push("remove what is of the network", [made] { Kernel().remove(made, Level::kNetwork); });
  }

  /// Versions that had ports of the host in the network's table made one for these alone.
  static void remove_former_table(Kernel& kernel, const NetworkRecord& network) {
    if (!has_inet_table(network.spec))
      kernel.remove(
          {{{nft::Ruleset{inet_table::table_of(network.spec.name)}, Level::kNetwork}}, {}},
          Level::kNetwork);
  }

  /// Whatever one of them is refused: another one's route in its way, say.
  static void connect_containers(Kernel& kernel, const NetworkRecord& network,
                                 const std::vector<EndpointRecord>& living) {
    for (const EndpointRecord& each : living) {
      try {
        kernel.put_host_side(footprint_of(network, each));
      } catch (const Error& error) {
        log::warning("{} is not connected again: {}", each.spec.id.key(), error.what());
      }
    }
  }

  /// What the network had and has no more. A table that stays is replaced, not removed; containers
  /// that were attached in the former mode need their passes.
  static Footprint obsolete(const NetworkRecord& known, const Footprint& wanted,
                            const std::vector<EndpointRecord>& containers) {
    Footprint rest = without(footprint_of(known), wanted);
    std::erase_if(rest.host, [&](const Object& former) {
      if (std::holds_alternative<ForeignAccept>(former.value) ||
          std::holds_alternative<LegacyAccept>(former.value))
        return !containers.empty();
      const auto* old = std::get_if<nft::Ruleset>(&former.value);
      return old != nullptr &&
             std::any_of(wanted.host.begin(), wanted.host.end(), [&](const Object& each) {
               const auto* now = std::get_if<nft::Ruleset>(&each.value);
               return now != nullptr && now->table == old->table;
             });
    });
    return rest;
  }

  /// What led by NICs as they were. Its table is replaced, not removed.
  static Footprint former_routing(const NicRecord& known, const NicRecord& now) {
    Footprint rest =
        without({nic_routing::objects_of(known), {}}, {nic_routing::objects_of(now), {}});
    std::erase_if(rest.host, [&](const Object& each) {
      const bool is_of_all = std::holds_alternative<HostNics>(each.value) ||
                             std::holds_alternative<nft::Ruleset>(each.value);
      return is_of_all && !now.host_nics.empty();
    });
    return rest;
  }

  /// A record of a version that did not keep the placement: the network has not changed since.
  static EndpointRecord completed(const EndpointRecord& endpoint, const NetworkRecord& network,
                                  const NicState& on_nic) {
    EndpointRecord record = endpoint;
    if (record.placement.nic.empty())
      record.placement = placement_of(on_nic.nic.value_or(NicRecord{}), network);
    return record;
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend(const BackendOptions&) {
  return std::make_unique<LinuxBackend>();
}

}  // namespace azcni::network
