// Attachments of the Go plugins: their containers keep running, and their DEL works.

#include "legacy.h"

#include "azcni/base/log.h"

namespace azcni::vnet {
namespace {

/// {"IP": "10.0.0.5", "Mask": base64} of Go; the mask is of no use to us: addresses are single.
std::vector<net::Prefix> addresses_in(const Json& endpoint) {
  std::vector<net::Prefix> addresses;
  for (const Json& each : endpoint.value("IPAddresses", Json::array())) {
    if (const auto address = net::parse_ip(each.value("IP", "")))
      addresses.push_back(net::Prefix::single(*address));
  }
  return addresses;
}

void import_endpoint(const std::string& network, const Json& endpoint, network::Backend& backend,
                     const store::Records<network::EndpointRecord>& endpoints) {
  // "3f813b02-eth0": the interface's name in the container is nowhere else (IfName is the veth's).
  const std::string endpoint_id = endpoint.value("Id", "");
  const std::size_t dash = endpoint_id.find('-');
  // On Windows the first version kept the container under another key, and had no name of a link:
  // the endpoint is found by its own.
  const std::string container = endpoint.value("ContainerID", endpoint.value("SandboxKey", ""));
  if (container.empty() || dash == std::string::npos) return;

  network::EndpointRecord record;
  record.spec.id = {container, endpoint_id.substr(dash + 1)};
  record.spec.network = network;
  record.spec.sandbox = endpoint.value("NetworkNameSpace", endpoint.value("NetNs", ""));
  record.spec.host_if = endpoint.value("HostIfName", "");
  if (record.spec.host_if.empty()) record.spec.host_if = endpoint_id;
  // A later container of the pod may take the name: the MAC address tells which link is this one's.
  record.spec.host_mac = backend.find_mac(record.spec.host_if).value_or(net::MacAddress{});
  record.addressing.addresses = addresses_in(endpoint);
  record.complete = true;
  record.legacy = true;
  endpoints.put(record.spec.id.key(), record);
  log::info("took over container {} of the former plugin's state", container);
}

}  // namespace

bool is_legacy(const Json& document) { return document.contains("Network"); }

void import_legacy(const store::Store& store, const Json& state, network::Backend& backend) {
  const store::Records<network::EndpointRecord> endpoints(store, "endpoints");
  const Json interfaces =
      state.value(Json::json_pointer("/Network/ExternalInterfaces"), Json::object());
  for (const Json& interface : interfaces) {
    const Json networks = interface.value("Networks", Json::object());
    for (const auto& [name, network] : networks.items()) {
      const Json list = network.value("Endpoints", Json::object());
      for (const Json& endpoint : list) import_endpoint(name, endpoint, backend, endpoints);
    }
  }
}

}  // namespace azcni::vnet
