#include "azcni/base/windows.h"

#include "documents.h"
#include "guid.h"
#include "hcn.h"
#include "hns_api.h"
#include "hns_call.h"

namespace azcni::network {
namespace {

std::string id_of(const Json& document) { return document.value("ID", document.value("Id", "")); }

GUID guid_in(const std::string& text, const std::string& what) {
  const auto guid = parse_guid(text);
  if (!guid) throw Error(ErrorCode::kSystem, what + ": HNS gave the id \"" + text + "\"");
  return *guid;
}

class HcnV2 final : public HnsApi {
 public:
  explicit HcnV2(std::chrono::milliseconds limit) : hcn_(limit) {}

  std::string find_network(const std::string& name) override {
    const auto found = hcn_.find_networks({{"Name", name}});
    return found.empty() ? std::string() : id_of(found.front());
  }

  Json network_document(const NetworkSpec& spec) override { return documents::network_v2(spec); }

  std::string make_network(const std::string& name, const Json& document) override {
    try {
      hcn_.create_network(guid_of("network " + name), document);
    } catch (const HnsError& error) {
      if (!is_present(error) || find_network(name).empty()) throw;
    }
    return find_network(name);
  }

  void remove_network(const std::string& name) override {
    for (const Json& network : hcn_.find_networks({{"Name", name}}))
      ignore_not_found([&] { hcn_.delete_network(guid_in(id_of(network), "network " + name)); });
  }

  Json find_endpoint(const EndpointSpec& endpoint) override {
    const auto own = hcn_.find_endpoints({{"ID", to_string(own_id(endpoint))}});
    if (!own.empty()) return own.front();
    // One of a Go plugin has an id of its own, and the same name.
    for (const Json& each : hcn_.find_endpoints({{"Name", endpoint.host_if}})) {
      if (is_in_container(each, endpoint) || !is_in_use(each)) return each;
    }
    return nullptr;
  }

  std::vector<Json> endpoints_of(const std::string& network) override {
    return hcn_.find_endpoints({{"VirtualNetwork", network}});
  }

  bool is_in_use(const Json& document) override {
    const auto sandbox = sandbox_of(document);
    return sandbox && hcn_.find_namespace(*sandbox);
  }

  bool is_in_container(const Json& document, const EndpointSpec& endpoint) override {
    const auto sandbox = sandbox_of(document);
    return sandbox && sandbox == parse_guid(endpoint.sandbox);
  }

  std::vector<std::string> addresses_of(const Json& document) override {
    std::vector<std::string> addresses;
    for (const Json& each : document.value("IpConfigurations", Json::array()))
      addresses.push_back(each.value("IpAddress", ""));
    return addresses;
  }

  void create_endpoint(const std::string& network, const EndpointSpec& endpoint,
                       const Addressing& addressing, const EndpointOptions& options) override {
    hcn_.create_endpoint(guid_in(network, "network " + endpoint.network), own_id(endpoint),
                         documents::endpoint_v2(network, endpoint, addressing, options));
  }

  void attach_endpoint(const Json& document, const EndpointSpec& endpoint) override {
    try {
      hcn_.modify_namespace(guid_in(endpoint.sandbox, "CNI_NETNS"),
                            documents::namespace_request("Add", id_of(document)));
    } catch (const HnsError& error) {
      if (!is_not_found(error)) throw;
      throw Error(ErrorCode::kInvalidNetns,
                  std::string("CNI_NETNS: there is no namespace of this id: ") + error.what(),
                  "the pod's sandbox has to be created anew");
    }
  }

  void remove_endpoint(const Json& document) override {
    const std::string id = id_of(document);
    if (const auto sandbox = sandbox_of(document)) {
      ignore_not_found(
          [&] { hcn_.modify_namespace(*sandbox, documents::namespace_request("Remove", id)); });
    }
    ignore_not_found([&] { hcn_.delete_endpoint(guid_in(id, "endpoint")); });
  }

  bool share(const EndpointSpec&, const std::string&) override { return false; }

 private:
  static GUID own_id(const EndpointSpec& endpoint) { return guid_of(endpoint.id.key()); }

  /// The namespace that has the endpoint.
  static std::optional<GUID> sandbox_of(const Json& document) {
    const auto sandbox = parse_guid(document.value("HostComputeNamespace", ""));
    return sandbox && *sandbox != GUID{} ? sandbox : std::nullopt;
  }

  Hcn hcn_;
};

}  // namespace

std::unique_ptr<HnsApi> make_hcn_v2(std::chrono::milliseconds limit) {
  return std::make_unique<HcnV2>(limit);
}

}  // namespace azcni::network
