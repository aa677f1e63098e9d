#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "azcni/network/backend.h"

namespace azcni::test {

/// A system without links and networks: what a test says is there, and what is made is noted.
class FakeBackend final : public network::Backend {
 public:
  std::vector<network::EndpointId> attached;  ///< have their link
  bool is_whole = false;                      ///< networks are as they were made
  std::vector<network::NetworkSpec> connected;

  void require_possible(const network::NetworkSpec&,
                        const std::optional<network::NetworkRecord>&) override {}
  bool is_connected(const network::NetworkRecord&) override { return is_whole; }
  network::NetworkRecord connect(const network::NetworkSpec& spec,
                                 const std::optional<network::NetworkRecord>&,
                                 const std::vector<network::EndpointRecord>&, UndoStack&) override {
    connected.push_back(spec);
    return {.spec = spec, .mtu = 1500, .host = nullptr};
  }
  void disconnect(const network::NetworkRecord&, bool) override {}
  bool is_attached(const network::EndpointSpec& endpoint) override { return has(endpoint.id); }
  std::vector<network::EndpointId> find_attached(
      const std::vector<network::EndpointId>& ids) override {
    std::vector<network::EndpointId> found;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(found),
                 [this](const network::EndpointId& id) { return has(id); });
    return found;
  }
  std::vector<network::EndpointInterface> attach(const network::NetworkRecord&,
                                                 const network::EndpointSpec& endpoint,
                                                 const network::AddressSource& await_addressing,
                                                 const network::EndpointOptions&) override {
    await_addressing();
    attached.push_back(endpoint.id);
    return {{endpoint.id.if_name, endpoint.container_mac, endpoint.sandbox, 1500}};
  }
  bool share(const network::EndpointSpec&, const std::string&) override { return false; }
  void publish(const network::NetworkRecord&, const network::EndpointRecord&) override {}
  void detach(const network::EndpointSpec& endpoint, const std::vector<net::Prefix>&) override {
    std::erase(attached, endpoint.id);
  }
  void verify(const network::NetworkRecord&, const network::EndpointRecord&) override {}
  std::vector<network::Finding> diagnose(const std::vector<network::NetworkRecord>&,
                                         const std::vector<network::EndpointRecord>&) override {
    return {};
  }
  std::optional<net::MacAddress> find_mac(const std::string&) override { return std::nullopt; }

 private:
  bool has(const network::EndpointId& id) const {
    return std::find(attached.begin(), attached.end(), id) != attached.end();
  }
};

}  // namespace azcni::test
