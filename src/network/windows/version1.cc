#include "azcni/base/windows.h"

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/base/undo_stack.h"
#include "documents.h"
#include "hns.h"
#include "hns_call.h"
#include "hns_version.h"

namespace azcni::network {
namespace {

class Version1 final : public HnsVersion {
 public:
  explicit Version1(std::chrono::milliseconds limit) : hns_(limit) {}

  std::string find_network(const std::string& name) override {
    const auto found = hns_.find("networks", name);
    return found.empty() ? std::string() : found.front().value("ID", "");
  }

  std::string make_network(const NetworkSpec& spec) override {
    try {
      const Json made = hns_.call("POST", "/networks/", documents::network_v1(spec));
      return made.is_object() ? made.value("ID", "") : find_network(spec.name);
    } catch (const HnsError& error) {
      if (!is_present(error)) throw;
    }
    return find_network(spec.name);
  }

  void remove_network(const std::string& name) override {
    for (const Json& network : hns_.find("networks", name))
      remove("/networks/" + network.value("ID", ""));
  }

  Json find_endpoint(const EndpointSpec& endpoint) override {
    const auto found = hns_.find("endpoints", endpoint.host_if);
    return found.empty() ? Json() : found.front();
  }

  bool is_in_container(const Json& document, const EndpointSpec& endpoint) override {
    return has_container(document, endpoint.id.container_id);
  }

  Json make_endpoint(const std::string& network, const EndpointSpec& endpoint,
                     const Addressing& addressing, const EndpointOptions& options) override {
    const Json document = documents::endpoint_v1(network, endpoint, addressing, options);
    UndoStack undo;
    undo.push("delete the endpoint", [&] { remove_endpoint(endpoint); });
    create(network, endpoint, addressing, document);
    const Json made = find_endpoint(endpoint);
    if (made.is_null())
      throw Error(ErrorCode::kSystem, "HNS has no endpoint " + endpoint.host_if + " that it made");
    hns_.hot_attach(endpoint.id.container_id, made.value("ID", ""));
    undo.dismiss();
    return made;
  }

  void remove_endpoint(const EndpointSpec& endpoint) override {
    const Json document = find_endpoint(endpoint);
    if (!document.is_null()) remove("/endpoints/" + document.value("ID", ""));
  }

  std::vector<std::string> addresses_of(const Json& document) override {
    std::vector<std::string> addresses;
    for (const char* key : {"IPAddress", "IPv6Address"}) {
      if (const std::string address = document.value(key, ""); !address.empty())
        addresses.push_back(address);
    }
    return addresses;
  }

  bool share(const EndpointSpec& endpoint, const std::string& container_id) override {
    const Json document = find_endpoint(endpoint);
    if (document.is_null()) {
      throw Error(ErrorCode::kSystem, "HNS has no endpoint " + endpoint.host_if,
                  "the pod has to be created anew");
    }
    if (!has_container(document, container_id))
      hns_.hot_attach(container_id, document.value("ID", ""));
    return true;
  }

 private:
  static bool has_container(const Json& document, const std::string& container_id) {
    const Json shared = document.value("SharedContainers", Json());
    return shared.is_array() && std::any_of(shared.begin(), shared.end(), [&](const Json& each) {
             return each.is_string() && same_text(each.get<std::string>(), container_id);
           });
  }

  void remove(const std::string& path) {
    try {
      hns_.call("DELETE", path);
    } catch (const HnsError& error) {
      if (!is_not_found(error)) throw;
      log::info("{}: taken for done", error.what());
    }
  }

  void create(const std::string& network, const EndpointSpec& endpoint,
              const Addressing& addressing, const Json& document) {
    try {
      hns_.call("POST", "/endpoints/", document);
    } catch (const HnsError& error) {
      if (!is_present(error)) throw;
      log::warning("{}: something stale is in the way and goes", error.what());
      remove_stale(network, endpoint, addressing);
      hns_.call("POST", "/endpoints/", document);
    }
  }

  /// As of version 2.
  void remove_stale(const std::string& network, const EndpointSpec& endpoint,
                    const Addressing& addressing) {
    for (const Json& each : hns_.call("GET", "/endpoints/")) {
      if (!same_text(each.value("VirtualNetwork", ""), network)) continue;
      const auto taken = addresses_of(each);
      const bool has_ours = std::any_of(
          addressing.addresses.begin(), addressing.addresses.end(), [&](const auto& ours) {
            return std::find(taken.begin(), taken.end(), net::to_string(ours.address)) !=
                   taken.end();
          });
      if (has_ours || each.value("Name", "") == endpoint.host_if)
        remove("/endpoints/" + each.value("ID", ""));
    }
  }

  Hns hns_;
};

}  // namespace

std::unique_ptr<HnsVersion> make_v1(std::chrono::milliseconds limit) {
  return std::make_unique<Version1>(limit);
}

}  // namespace azcni::network
