#include "azcni/base/windows.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "guid.h"
#include "hns.h"
#include "hns_version.h"
#include "library.h"

namespace azcni::network {
namespace {

/// Shorter than the patience of kubelet, which gives a pod's removal two minutes.
constexpr std::chrono::seconds kDefaultLimit{60};

class WindowsBackend final : public Backend {
 public:
  explicit WindowsBackend(std::chrono::milliseconds limit)
      : limit_(limit), version1_(make_v1(limit)), version2_(make_v2(limit)) {}

  std::string find_master(const net::Prefix& subnet) override {
    if (const auto found = net::find_interface_in(subnet)) return found->name;
    if (const auto found = net::find_default_interface()) return found->name;
    throw Error(ErrorCode::kNoMaster,
                "no interface of this host has an address in " + net::to_string(subnet) +
                    ", and there is no default route",
                "name the NIC in `master` of the configuration");
  }

  void require_possible(const NetworkSpec& spec) override {
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

  bool is_connected(const NetworkRecord& network) override {
    return !version_for(network.spec.sandbox).find_network(network.spec.name).empty();
  }

  NetworkRecord connect(const NetworkSpec& spec, const std::optional<NetworkRecord>&,
                        const std::vector<EndpointRecord>&) override {
    require_mode(spec);
    HnsVersion& hns = version_for(spec.sandbox);
    std::string id = hns.find_network(spec.name);
    if (id.empty()) id = hns.make_network(spec);
    return {spec, 0, {{"id", id}}};
  }

  void disconnect(const NetworkRecord& network) override {
    version_for(network.spec.sandbox).remove_network(network.spec.name);
  }

  bool is_attached(const EndpointSpec& endpoint) override {
    HnsVersion& hns = version_for(endpoint.sandbox);
    const Json document = hns.find_endpoint(endpoint);
    return !document.is_null() && hns.is_in_container(document, endpoint);
  }

  std::vector<EndpointInterface> attach(const NetworkRecord& network, const EndpointSpec& endpoint,
                                        const AddressSource& source,
                                        const EndpointOptions& options) override {
    HnsVersion& hns = version_for(endpoint.sandbox);
    const std::string id = hns.find_network(network.spec.name);
    if (id.empty()) throw Error(ErrorCode::kSystem, "HNS has no network " + network.spec.name);
    const Json made = hns.make_endpoint(id, endpoint, source(), options);
    return {{endpoint.id.if_name, net::parse_mac(made.value("MacAddress", "")), endpoint.sandbox,
             network.mtu}};
  }

  bool share(const EndpointSpec& endpoint, const std::string& container_id) override {
    return version_for(endpoint.sandbox).share(endpoint, container_id);
  }

  void detach(const EndpointSpec& endpoint) override {
    if (!endpoint.sandbox.empty()) return version_for(endpoint.sandbox).remove_endpoint(endpoint);
    // Nothing tells the version: nowhere must be left what could be there.
    ErrorList errors;
    if (Library::is_there("computenetwork.dll"))
      errors.attempt([&] { version2_->remove_endpoint(endpoint); });
    errors.attempt([&] { version1_->remove_endpoint(endpoint); });
    errors.throw_if_any();
  }

  void verify(const NetworkRecord& network, const EndpointSpec& endpoint,
              const Addressing& addressing) override {
    HnsVersion& hns = version_for(endpoint.sandbox);
    std::string missing;
    const auto require = [&](bool is_there, const std::string& what) {
      if (!is_there) missing += (missing.empty() ? "" : "; ") + what;
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
    if (missing.empty()) return;
    throw Error(ErrorCode::kCheckFailed, "missing: " + missing,
                "the container has to be created anew");
  }

  std::optional<net::MacAddress> find_mac(const std::string&) override { return std::nullopt; }

 private:
  HnsVersion& version_for(const std::string& sandbox) {
    return parse_guid(sandbox) ? *version2_ : *version1_;
  }

  static void require_mode(const NetworkSpec& spec) {
    if (spec.mode != Mode::kTransparent) return;
    throw Error(ErrorCode::kInvalidConfig,
                "mode: expected \"bridge\" or \"tunnel\" on Windows, not \"transparent\"");
  }

  std::chrono::milliseconds limit_;
  std::unique_ptr<HnsVersion> version1_;
  std::unique_ptr<HnsVersion> version2_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const BackendOptions& options) {
  return std::make_unique<WindowsBackend>(options.limit.count() == 0 ? kDefaultLimit
                                                                     : options.limit);
}

}  // namespace azcni::network
