#include "azcni/base/windows.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "guid.h"
#include "hns.h"
#include "hns_api.h"
#include "hns_call.h"
#include "library.h"

namespace azcni::network {
namespace {

/// Shorter than the patience of kubelet, which gives a pod's removal two minutes.
constexpr std::chrono::seconds kDefaultLimit{60};

class WindowsBackend final : public Backend {
 public:
  explicit WindowsBackend(std::chrono::milliseconds limit)
      : limit_(limit), hns_v1_(make_hns_v1(limit)), hcn_v2_(make_hcn_v2(limit)) {}

  void require_possible(const NetworkSpec& spec, const std::optional<NetworkRecord>&) override {
    require_mode(spec);
    Hns(limit_).call("GET", "/globals/version");  // somebody answers
    const auto nics = net::list_interfaces();
    const auto is_master = [&](const net::Interface& nic) {
      return net::nic_name(nic.name) == net::nic_name(spec.master);
    };
    if (spec.master.empty() || std::any_of(nics.begin(), nics.end(), is_master)) return;
    throw Error(
        ErrorCode::kNoMaster,
        "there is no interface \"" + spec.master + "\" to be the master of network " + spec.name,
        "correct or leave out `master` of the configuration");
  }

  bool is_connected(const NetworkRecord& network, const NicState&) override {
    // Somebody may have made another of its name.
    const std::string id = api_of(network).find_network(network.spec.name);
    return !id.empty() && id == network.host.value("id", "");
  }

  /// The record keeps what the network was made of: a caller without a container, STATUS, can make
  /// it again.
  Connected connect(const NetworkSpec& spec, const std::optional<NetworkRecord>& known,
                    const NicState&, const std::vector<EndpointRecord>&, UndoStack& undo) override {
    require_mode(spec);
    const bool again = spec.subnets.empty() && known;
    HnsApi& hns = again ? api_of(*known) : api_for(spec.hns.sandbox);
    const Json document = again ? known->host.at("document") : hns.network_document(spec);
    std::string id = hns.find_network(spec.name);
    if (id.empty()) {
      undo.push("remove the network", [&hns, name = spec.name] { hns.remove_network(name); });
      id = hns.make_network(spec.name, document);
    }
    const Json made{{"id", id}, {"version", &hns == hcn_v2_.get() ? 2 : 1}, {"document", document}};
    return {{.name = spec.master}, {.spec = spec, .host = made}};
  }

  NicRecord disconnect(const NetworkRecord& network, const NicState& rest,
                       const std::vector<NicState>&, const std::vector<EndpointRecord>&) override {
    if (rest.networks.empty()) api_of(network).remove_network(network.spec.name);
    return {.name = network.spec.master};
  }

  bool is_attached(const EndpointSpec& endpoint) override {
    HnsApi& hns = api_for(endpoint.sandbox);
    const Json document = hns.find_endpoint(endpoint);
    return !document.is_null() && hns.is_in_container(document, endpoint);
  }

  std::vector<EndpointId> find_attached(const std::vector<EndpointId>& ids) override {
    std::vector<EndpointId> attached;
    for (const EndpointId& id : ids) {
      EndpointSpec endpoint;
      endpoint.id = id;
      endpoint.host_if = host_if_name({id, {}, {}, {}, {}});
      if (is_in_use(*hns_v1_, endpoint) ||
          (Library::is_there("computenetwork.dll") && is_in_use(*hcn_v2_, endpoint)))
        attached.push_back(id);
    }
    return attached;
  }

  /// HNS's endpoints have names of containers, but not whole ones.
  std::vector<EndpointRecord> list_attached() override { return {}; }

  std::vector<EndpointInterface> attach(const NetworkRecord& network,
                                        const EndpointRecord& record) override {
    const EndpointSpec& endpoint = record.spec;
    const Addressing& addressing = record.addressing;
    if (addressing.addresses.empty()) return {};  // HNS makes an endpoint as a whole
    HnsApi& hns = api_for(endpoint.sandbox);
    const std::string id = network.host.at("id").get<std::string>();
    try {
      hns.create_endpoint(id, endpoint, addressing, record.options);
    } catch (const HnsError& error) {
      if (!is_present(error) || !remove_stale(hns, id, endpoint, addressing)) throw;
      hns.create_endpoint(id, endpoint, addressing, record.options);
    }
    const Json made = hns.find_endpoint(endpoint);
    if (made.is_null()) {
      throw Error(ErrorCode::kTryAgain,
                  "HNS has lost endpoint " + endpoint.host_if + " that it made", "try again");
    }
    hns.attach_endpoint(made, endpoint);
    return {{endpoint.id.if_name, net::parse_mac(made.value("MacAddress", "")), endpoint.sandbox,
             network.mtu}};
  }

  bool share(const EndpointSpec& endpoint, const std::string& container_id) override {
    return api_for(endpoint.sandbox).share(endpoint, container_id);
  }

  void restore(const NetworkRecord&, const NicState&, const EndpointRecord&) override {
  }  // HNS does

  void restore_container(const NetworkRecord&, const NicState&, const EndpointRecord&) override {}

  bool is_reachable(const EndpointSpec&) override { return false; }

  std::vector<Broken> find_broken(const std::vector<NicState>&,
                                  const std::vector<EndpointRecord>&) override {
    return {};  // HNS keeps its endpoints
  }

  void sweep(const std::function<std::vector<EndpointRecord>()>&) override {}

  void detach(const std::optional<NetworkRecord>&, const EndpointRecord& record) override {
    const EndpointSpec& endpoint = record.spec;
    if (!endpoint.sandbox.empty()) return remove(api_for(endpoint.sandbox), endpoint);
    // Nothing tells the version: nowhere must be left what could be there.
    ErrorList errors;
    if (Library::is_there("computenetwork.dll"))
      errors.attempt([&] { remove(*hcn_v2_, endpoint); });
    errors.attempt([&] { remove(*hns_v1_, endpoint); });
    errors.throw_if_any();
  }

  std::vector<std::string> missing(const NetworkRecord& network, const NicState&,
                                   const EndpointRecord& record) override {
    const EndpointSpec& endpoint = record.spec;
    const Addressing& addressing = record.addressing;
    HnsApi& hns = api_for(endpoint.sandbox);
    std::vector<std::string> missing;
    const auto require = [&](bool is_there, const std::string& what) {
      if (!is_there) missing.push_back(what);
    };
    require(!hns.find_network(network.spec.name).empty(), "network " + network.spec.name);
    const Json document = hns.find_endpoint(endpoint);
    require(!document.is_null(), "endpoint " + endpoint.host_if);
    if (!document.is_null()) {
      const auto addresses = hns.addresses_of(document);
      for (const net::Prefix& each : addressing.addresses) {
        const std::string address = net::to_string(each.address);
        require(std::find(addresses.begin(), addresses.end(), address) != addresses.end(),
                "address " + address + " of endpoint " + endpoint.host_if);
      }
      require(hns.is_in_container(document, endpoint),
              "endpoint " + endpoint.host_if + " in " + endpoint.sandbox);
    }
    return missing;
  }

  /// Of what Linux asks there is nothing here: HNS owns links, rules and forwarding.
  std::vector<Finding> diagnose(const std::vector<NetworkRecord>&,
                                const std::vector<EndpointRecord>&) override {
    return {};
  }

  std::optional<net::MacAddress> find_mac(const std::string&) override { return std::nullopt; }

 private:
  HnsApi& api_for(const std::string& sandbox) { return parse_guid(sandbox) ? *hcn_v2_ : *hns_v1_; }

  HnsApi& api_of(const NetworkRecord& network) {
    return network.host.value("version", 2) == 2 ? *hcn_v2_ : *hns_v1_;
  }

  static bool is_in_use(HnsApi& hns, const EndpointSpec& endpoint) {
    const Json document = hns.find_endpoint(endpoint);
    return !document.is_null() && hns.is_in_use(document);
  }

  static void remove(HnsApi& hns, const EndpointSpec& endpoint) {
    const Json document = hns.find_endpoint(endpoint);
    if (!document.is_null()) hns.remove_endpoint(document);
  }

  /// Endpoints of containers of an earlier life that have the name or an address of a new one. True
  /// if there were any.
  static bool remove_stale(HnsApi& hns, const std::string& network, const EndpointSpec& endpoint,
                           const Addressing& addressing) {
    bool removed = false;
    for (const Json& each : hns.endpoints_of(network)) {
      if (!is_in_the_way(hns, each, endpoint, addressing) || hns.is_in_use(each)) continue;
      log::warning("endpoint {} of no container is in the way, and goes", each.value("Name", ""));
      hns.remove_endpoint(each);
      removed = true;
    }
    return removed;
  }

  static bool is_in_the_way(HnsApi& hns, const Json& document, const EndpointSpec& endpoint,
                            const Addressing& addressing) {
    if (document.value("Name", "") == endpoint.host_if) return true;
    const auto taken = hns.addresses_of(document);
    return std::any_of(
        addressing.addresses.begin(), addressing.addresses.end(), [&](const net::Prefix& ours) {
          return std::find(taken.begin(), taken.end(), net::to_string(ours.address)) != taken.end();
        });
  }

  static void require_mode(const NetworkSpec& spec) {
    if (spec.mode != Mode::kTransparent) return;
    throw Error(ErrorCode::kInvalidConfig,
                "mode: expected \"bridge\" or \"tunnel\" on Windows, not \"transparent\"");
  }

  std::chrono::milliseconds limit_;
  std::unique_ptr<HnsApi> hns_v1_;
  std::unique_ptr<HnsApi> hcn_v2_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const BackendOptions& options) {
  return std::make_unique<WindowsBackend>(options.limit.count() == 0 ? kDefaultLimit
                                                                     : options.limit);
}

}  // namespace azcni::network
