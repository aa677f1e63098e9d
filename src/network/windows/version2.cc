#include "azcni/base/windows.h"

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"
#include "documents.h"
#include "guid.h"
#include "hcn.h"
#include "hns.h"
#include "hns_call.h"
#include "hns_version.h"

namespace azcni::network {
namespace {

std::string id_of(const Json& document) { return document.value("ID", document.value("Id", "")); }

GUID guid_in(const std::string& text, const std::string& what) {
  const auto guid = parse_guid(text);
  if (!guid) throw Error(ErrorCode::kSystem, what + ": HNS gave the id \"" + text + "\"");
  return *guid;
}

class Version2 final : public HnsVersion {
 public:
  explicit Version2(std::chrono::milliseconds limit) : hcn_(limit) {}

  std::string find_network(const std::string& name) override {
    const auto found = hcn_.find_networks({{"Name", name}});
    return found.empty() ? std::string() : id_of(found.front());
  }

  std::string make_network(const NetworkSpec& spec) override {
    try {
      hcn_.create_network(guid_of("network " + spec.name), documents::network_v2(spec));
    } catch (const HnsError& error) {
      if (!is_present(error) || find_network(spec.name).empty()) throw;
    }
    return find_network(spec.name);
  }

  void remove_network(const std::string& name) override {
    for (const Json& network : hcn_.find_networks({{"Name", name}}))
      unless_gone([&] { hcn_.delete_network(guid_in(id_of(network), "network " + name)); });
  }

  Json find_endpoint(const EndpointSpec& endpoint) override {
    // By our own id; an endpoint of a Go plugin has another, and the same name.
    for (const Json& filter :
         {Json{{"ID", to_string(own_id(endpoint))}}, Json{{"Name", endpoint.host_if}}}) {
      const auto found = hcn_.find_endpoints(filter);
      if (!found.empty()) return found.front();
    }
    return nullptr;
  }

  bool is_in_container(const Json& document, const EndpointSpec& endpoint) override {
    return same_text(document.value("HostComputeNamespace", ""), endpoint.sandbox);
  }

  Json make_endpoint(const std::string& network, const EndpointSpec& endpoint,
                     const Addressing& addressing, const EndpointOptions& options) override {
    const GUID sandbox = guid_in(endpoint.sandbox, "CNI_NETNS");
    if (!hcn_.find_namespace(sandbox)) {
      throw Error(ErrorCode::kInvalidNetns, "CNI_NETNS: there is no namespace " + endpoint.sandbox);
    }
    const Json document = documents::endpoint_v2(network, endpoint, addressing, options);
    UndoStack undo;
    undo.push("delete the endpoint",
              [&] { unless_gone([&] { hcn_.delete_endpoint(own_id(endpoint)); }); });
    create(network, endpoint, addressing, document);
    hcn_.modify_namespace(sandbox,
                          documents::namespace_request("Add", to_string(own_id(endpoint))));
    undo.dismiss();
    return find_endpoint(endpoint);
  }

  void remove_endpoint(const EndpointSpec& endpoint) override {
    const Json document = find_endpoint(endpoint);
    if (document.is_null()) return;
    remove(document);
  }

  std::vector<std::string> addresses_of(const Json& document) override {
    std::vector<std::string> addresses;
    for (const Json& each : document.value("IpConfigurations", Json::array()))
      addresses.push_back(each.value("IpAddress", ""));
    return addresses;
  }

  bool share(const EndpointSpec&, const std::string&) override { return false; }

 private:
  static GUID own_id(const EndpointSpec& endpoint) { return guid_of(endpoint.id.key()); }

  template <typename Call>
  static void unless_gone(const Call& call) {
    try {
      call();
    } catch (const HnsError& error) {
      if (!is_not_found(error)) throw;
      log::info("{}: taken for done", error.what());
    }
  }

  void create(const std::string& network, const EndpointSpec& endpoint,
              const Addressing& addressing, const Json& document) {
    const GUID network_id = guid_in(network, "network " + endpoint.network);
    try {
      hcn_.create_endpoint(network_id, own_id(endpoint), document);
    } catch (const HnsError& error) {
      if (!is_present(error)) throw;
      log::warning("{}: something stale is in the way and goes", error.what());
      remove_stale(network, endpoint, addressing);
      hcn_.create_endpoint(network_id, own_id(endpoint), document);
    }
  }

  /// IPAM gave the addresses to this attachment alone: who else has one of them is a container of
  /// an earlier life.
  void remove_stale(const std::string& network, const EndpointSpec& endpoint,
                    const Addressing& addressing) {
    for (const Json& each : hcn_.find_endpoints({{"VirtualNetwork", network}})) {
      bool is_in_the_way = each.value("Name", "") == endpoint.host_if;
      for (const std::string& address : addresses_of(each)) {
        for (const net::Prefix& ours : addressing.addresses)
          is_in_the_way = is_in_the_way || address == net::to_string(ours.address);
      }
      if (is_in_the_way) remove(each);
    }
  }

  void remove(const Json& document) {
    const std::string id = id_of(document);
    if (const auto sandbox = parse_guid(document.value("HostComputeNamespace", ""));
        sandbox && *sandbox != GUID{}) {
      unless_gone(
          [&] { hcn_.modify_namespace(*sandbox, documents::namespace_request("Remove", id)); });
    }
    unless_gone([&] { hcn_.delete_endpoint(guid_in(id, "endpoint")); });
  }

  Hcn hcn_;
};

}  // namespace

std::unique_ptr<HnsVersion> make_v2(std::chrono::milliseconds limit) {
  return std::make_unique<Version2>(limit);
}

}  // namespace azcni::network
