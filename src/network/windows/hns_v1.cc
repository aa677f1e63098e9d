#include "azcni/base/windows.h"

#include <algorithm>

#include "documents.h"
#include "hns.h"
#include "hns_api.h"
#include "hns_call.h"

namespace azcni::network {
namespace {

class HnsV1 final : public HnsApi {
 public:
  explicit HnsV1(std::chrono::milliseconds limit) : hns_(limit) {}

  std::string find_network(const std::string& name) override {
    const auto found = hns_.find("networks", name);
    return found.empty() ? std::string() : id_of(found.front());
  }

  Json network_document(const NetworkSpec& spec) override { return documents::network_v1(spec); }

  std::string make_network(const std::string& name, const Json& document) override {
    try {
      const Json made = hns_.call("POST", "/networks/", document);
      return made.is_object() ? id_of(made) : find_network(name);
    } catch (const HnsError& error) {
      if (!is_present(error)) throw;
    }
    return find_network(name);
  }

  void remove_network(const std::string& name) override {
    for (const Json& network : hns_.find("networks", name))
      ignore_not_found([&] { hns_.call("DELETE", "/networks/" + id_of(network)); });
  }

  Json find_endpoint(const EndpointSpec& endpoint) override {
    for (const Json& each : hns_.find("endpoints", endpoint.host_if)) {
      if (is_in_container(each, endpoint) || !is_in_use(each)) return each;
    }
    return nullptr;
  }

  std::vector<Json> endpoints_of(const std::string& network) override {
    std::vector<Json> endpoints;
    for (const Json& each : hns_.call("GET", "/endpoints/")) {
      if (same_text(each.value("VirtualNetwork", ""), network)) endpoints.push_back(each);
    }
    return endpoints;
  }

  bool is_in_use(const Json& document) override {
    if (document.contains("Namespace")) return true;  // version 2's to judge
    const auto containers = containers_of(document);
    return std::any_of(containers.begin(), containers.end(),
                       [&](const std::string& id) { return hns_.is_running(id); });
  }

  bool is_in_container(const Json& document, const EndpointSpec& endpoint) override {
    return has_container(document, endpoint.id.container_id);
  }

  std::vector<std::string> addresses_of(const Json& document) override {
    std::vector<std::string> addresses;
    for (const char* key : {"IPAddress", "IPv6Address"}) {
      if (const std::string address = document.value(key, ""); !address.empty())
        addresses.push_back(address);
    }
    return addresses;
  }

  void create_endpoint(const std::string& network, const EndpointSpec& endpoint,
                       const Addressing& addressing, const EndpointOptions& options) override {
    hns_.call("POST", "/endpoints/",
              documents::endpoint_v1(network, endpoint, addressing, options));
  }

  void attach_endpoint(const Json& document, const EndpointSpec& endpoint) override {
    hns_.hot_attach(endpoint.id.container_id, id_of(document));
  }

  void remove_endpoint(const Json& document) override {
    ignore_not_found([&] { hns_.call("DELETE", "/endpoints/" + id_of(document)); });
  }

  bool share(const EndpointSpec& endpoint, const std::string& container_id) override {
    const Json document = find_endpoint(endpoint);
    if (document.is_null()) {
      throw Error(ErrorCode::kSystem, "HNS has no endpoint " + endpoint.host_if,
                  "the pod has to be created anew");
    }
    if (!has_container(document, container_id)) hns_.hot_attach(container_id, id_of(document));
    return true;
  }

 private:
  static std::string id_of(const Json& document) { return document.value("ID", ""); }

  static std::vector<std::string> containers_of(const Json& document) {
    std::vector<std::string> ids;
    for (const Json& each : document.value("SharedContainers", Json::array())) {
      if (each.is_string()) ids.push_back(each.get<std::string>());
    }
    return ids;
  }

  static bool has_container(const Json& document, const std::string& container_id) {
    const auto containers = containers_of(document);
    return std::any_of(containers.begin(), containers.end(),
                       [&](const std::string& id) { return same_text(id, container_id); });
  }

  Hns hns_;
};

}  // namespace

std::unique_ptr<HnsApi> make_hns_v1(std::chrono::milliseconds limit) {
  return std::make_unique<HnsV1>(limit);
}

}  // namespace azcni::network
