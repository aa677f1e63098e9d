#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "azcni/base/error.h"
#include "azcni/network/backend.h"

namespace azcni::test {

/// A system without links and networks: what a test says is there, and what is made is noted.
class FakeBackend final : public network::Backend {
 public:
  std::vector<network::EndpointId> attached;  ///< have their link
  bool has_nics = true;
  bool is_whole = false;  ///< networks are as they were made
  std::vector<network::NetworkSpec> connected;
  std::vector<network::Broken> broken;
  std::vector<network::EndpointId> restored;
  std::string refusal;                         ///< of restore()
  std::vector<std::size_t> swept_for;          ///< how many records each sweep() was told
  std::vector<network::EndpointRecord> links;  ///< as list_attached() tells them

  void require_possible(const network::NetworkSpec&,
                        const std::optional<network::NetworkRecord>&) override {}
  bool is_connected(const network::NetworkRecord&, const network::NicState&) override {
    return is_whole;
  }
  Connected connect(const network::NetworkSpec& spec, const std::optional<network::NetworkRecord>&,
                    const network::NicState&, const std::vector<network::EndpointRecord>&,
                    UndoStack&) override {
    connected.push_back(spec);
    return {{.name = spec.master}, {.spec = spec, .mtu = 1500, .host = nullptr}};
  }
  network::NicRecord disconnect(const network::NetworkRecord& network, const network::NicState&,
                                const std::vector<network::NicState>&,
                                const std::vector<network::EndpointRecord>&) override {
    return {.name = network.spec.master};
  }
  bool is_attached(const network::EndpointSpec& endpoint) override { return has(endpoint.id); }
  std::vector<network::EndpointId> find_attached(
      const std::vector<network::EndpointId>& ids) override {
    std::vector<network::EndpointId> found;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(found),
                 [this](const network::EndpointId& id) { return has(id); });
    return found;
  }
  std::vector<network::EndpointInterface> attach(const network::NetworkRecord&,
                                                 const network::EndpointRecord& record) override {
    attached.push_back(record.spec.id);
    return {{record.spec.id.if_name, record.spec.container_mac, record.spec.sandbox, 1500}};
  }
  bool share(const network::EndpointSpec&, const std::string&) override { return false; }
  void restore(const network::NetworkRecord&, const network::NicState&,
               const network::EndpointRecord& record) override {
    if (!refusal.empty()) throw Error(ErrorCode::kSystem, refusal);
    restored.push_back(record.spec.id);
  }
  void restore_container(const network::NetworkRecord&, const network::NicState&,
                         const network::EndpointRecord&) override {}
  bool is_reachable(const network::EndpointSpec&) override { return false; }
  std::vector<network::Broken> find_broken(const std::vector<network::NicState>&,
                                           const std::vector<network::EndpointRecord>&) override {
    return broken;
  }
  std::vector<network::EndpointRecord> list_attached() override { return links; }
  void sweep(const std::function<std::vector<network::EndpointRecord>()>& on_record) override {
    swept_for.push_back(on_record().size());
  }
  void detach(const std::optional<network::NetworkRecord>&,
              const network::EndpointRecord& record) override {
    std::erase(attached, record.spec.id);
  }
  std::vector<std::string> missing(const network::NetworkRecord&, const network::NicState&,
                                   const network::EndpointRecord&) override {
    return {};
  }
  std::vector<network::Finding> diagnose(const std::vector<network::NetworkRecord>&,
                                         const std::vector<network::EndpointRecord>&) override {
    return {};
  }
  std::optional<net::MacAddress> find_mac(const std::string&) override {
    return has_nics ? std::optional(net::MacAddress{}) : std::nullopt;
  }

 private:
  bool has(const network::EndpointId& id) const {
    return std::find(attached.begin(), attached.end(), id) != attached.end();
  }
};

}  // namespace azcni::test
