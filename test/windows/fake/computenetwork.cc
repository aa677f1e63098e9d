// A computenetwork.dll: networks, endpoints and namespaces as HNS keeps and refuses them.

#include <atomic>
#include <cstdio>

#include "fake_hns.h"

namespace {

using namespace fake_hns;

/// What a handle points to.
struct Object {
  std::string kind;
  std::string id;
};

std::atomic<int> open_handles{0};

std::string text_of(const GUID& guid) {
  char text[37];
  std::snprintf(text, sizeof text, "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", guid.Data1,
                guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3],
                guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]);
  return text;
}

HRESULT reported(const Response& answer, PWSTR* error) {
  if (answer.result < 0 && error != nullptr) {
    *error = allocate(Json{{"Success", false},
                           {"Error", answer.message},
                           {"ErrorCode", static_cast<std::uint32_t>(answer.result)}}
                          .dump());
  }
  return answer.result;
}

void* make_handle(const std::string& kind, const std::string& id) {
  ++open_handles;
  return new Object{kind, id};
}

HRESULT close(void* handle) {
  --open_handles;
  delete static_cast<Object*>(handle);
  return S_OK;
}

Refusal not_found(const std::string& kind) {
  if (kind == "networks") return {kNetworkNotFound, "The network was not found. "};
  if (kind == "endpoints") return {kEndpointNotFound, "The endpoint was not found. "};
  return {kElementNotFound, "Element not found. "};
}

bool fits(const std::string& id, const Json& document, const Json& filter) {
  for (const auto& item : filter.items()) {
    const std::string wanted = lower(item.value());
    if (item.key() == "ID" && lower(id) != wanted) return false;
    if (item.key() == "Name" && lower(document.value("Name", "")) != wanted) return false;
    if (item.key() == "VirtualNetwork" && lower(document.value("HostComputeNetwork", "")) != wanted)
      return false;
  }
  return true;
}

HRESULT enumerate(const char* name, const std::string& kind, PCWSTR query, PWSTR* found,
                  PWSTR* error) {
  const Json request = Json::parse(to_utf8(query));
  const Json filter = Json::parse(request.value("Filter", "{}"));
  const Response answer = call(name, {{"filter", filter}}, [&](Json& state) {
    Json ids = Json::array();
    for (const auto& item : state[kind].items()) {
      if (fits(item.key(), item.value(), filter)) ids.push_back(item.key());
    }
    return ids;
  });
  if (answer.result >= 0) *found = allocate(answer.output.dump());
  return reported(answer, error);
}

HRESULT open(const char* name, const std::string& kind, const GUID& id, void** handle,
             PWSTR* error) {
  const std::string text = text_of(id);
  const Response answer = call(name, {{"id", text}}, [&](Json& state) {
    if (!state[kind].contains(text)) throw not_found(kind);
    return Json();
  });
  if (answer.result >= 0) *handle = make_handle(kind, text);
  return reported(answer, error);
}

HRESULT query(const char* name, void* handle, PWSTR* properties, PWSTR* error) {
  const Object object = *static_cast<Object*>(handle);
  const Response answer = call(name, {{"id", object.id}}, [&](Json& state) {
    if (!state[object.kind].contains(object.id)) throw not_found(object.kind);
    Json document = state[object.kind][object.id];
    document["ID"] = object.id;
    return document;
  });
  if (answer.result >= 0) *properties = allocate(answer.output.dump());
  return reported(answer, error);
}

/// Whether anything still needs the object.
bool is_referenced(const Json& state, const std::string& kind, const std::string& id) {
  if (kind == "endpoints")
    return state["namespaces"].contains(state["endpoints"][id].value("HostComputeNamespace", ""));
  for (const auto& item : state["endpoints"].items()) {
    if (item.value().value("HostComputeNetwork", item.value().value("VirtualNetwork", "")) == id)
      return true;
  }
  return false;
}

HRESULT remove(const char* name, const std::string& kind, const GUID& id, PWSTR* error) {
  const std::string text = text_of(id);
  return reported(call(name, {{"id", text}},
                       [&](Json& state) {
                         if (!state[kind].contains(text)) throw not_found(kind);
                         if (is_referenced(state, kind, text))
                           throw Refusal{kHasReferences, "The entity has references. "};
                         state[kind].erase(text);
                         return Json();
                       }),
                  error);
}

std::string adapter_in(const Json& network) {
  for (const Json& policy : network.value("Policies", Json::array())) {
    if (policy.value("Type", "") == "NetAdapterName")
      return policy["Settings"].value("NetworkAdapterName", "");
  }
  return {};
}

void refuse_subnets(const Json& network) {
  for (const Json& ipam : network.value("Ipams", Json::array())) {
    for (const Json& subnet : ipam.value("Subnets", Json::array())) {
      const bool is_ipv6 = subnet.value("IpAddressPrefix", "").find(':') != std::string::npos;
      bool has_default = false;
      for (const Json& route : subnet.value("Routes", Json::array()))
        has_default =
            has_default || route.value("DestinationPrefix", "") == (is_ipv6 ? "::/0" : "0.0.0.0/0");
      if (!has_default) throw Refusal{kInvalidNetwork, "The network configuration is invalid. "};
    }
  }
}

Json change_namespace(Json& state, const std::string& id, const Json& request) {
  const std::string endpoint = request["Settings"]["EndpointId"];
  if (!state["namespaces"].contains(id)) throw not_found("namespaces");
  if (!state["endpoints"].contains(endpoint)) throw not_found("endpoints");
  Json& document = state["endpoints"][endpoint];
  const std::string holder = document.value("HostComputeNamespace", "");
  if (request["RequestType"] == "Add") {
    if (!holder.empty()) throw Refusal{kAlreadyAttached, "The endpoint is attached already. "};
    document["HostComputeNamespace"] = id;
  } else {
    if (holder != id) throw not_found("endpoints");
    document.erase("HostComputeNamespace");
  }
  return nullptr;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are Windows'.
#define EXPORT extern "C" __declspec(dllexport) HRESULT WINAPI

EXPORT HcnEnumerateNetworks(PCWSTR filter, PWSTR* found, PWSTR* error) {
  return enumerate("HcnEnumerateNetworks", "networks", filter, found, error);
}
EXPORT HcnEnumerateEndpoints(PCWSTR filter, PWSTR* found, PWSTR* error) {
  return enumerate("HcnEnumerateEndpoints", "endpoints", filter, found, error);
}
EXPORT HcnEnumerateNamespaces(PCWSTR filter, PWSTR* found, PWSTR* error) {
  return enumerate("HcnEnumerateNamespaces", "namespaces", filter, found, error);
}
EXPORT HcnOpenNetwork(const GUID& id, void** network, PWSTR* error) {
  return open("HcnOpenNetwork", "networks", id, network, error);
}
EXPORT HcnOpenEndpoint(const GUID& id, void** endpoint, PWSTR* error) {
  return open("HcnOpenEndpoint", "endpoints", id, endpoint, error);
}
EXPORT HcnOpenNamespace(const GUID& id, void** sandbox, PWSTR* error) {
  return open("HcnOpenNamespace", "namespaces", id, sandbox, error);
}
EXPORT HcnQueryNetworkProperties(void* network, PCWSTR, PWSTR* properties, PWSTR* error) {
  return query("HcnQueryNetworkProperties", network, properties, error);
}
EXPORT HcnQueryEndpointProperties(void* endpoint, PCWSTR, PWSTR* properties, PWSTR* error) {
  return query("HcnQueryEndpointProperties", endpoint, properties, error);
}
EXPORT HcnQueryNamespaceProperties(void* sandbox, PCWSTR, PWSTR* properties, PWSTR* error) {
  return query("HcnQueryNamespaceProperties", sandbox, properties, error);
}
EXPORT HcnDeleteNetwork(const GUID& id, PWSTR* error) {
  return remove("HcnDeleteNetwork", "networks", id, error);
}
EXPORT HcnDeleteEndpoint(const GUID& id, PWSTR* error) {
  return remove("HcnDeleteEndpoint", "endpoints", id, error);
}
EXPORT HcnCloseNetwork(void* network) { return close(network); }
EXPORT HcnCloseEndpoint(void* endpoint) { return close(endpoint); }
EXPORT HcnCloseNamespace(void* sandbox) { return close(sandbox); }

EXPORT HcnCreateNetwork(const GUID& id, PCWSTR settings, void** network, PWSTR* error) {
  const std::string text = text_of(id);
  const Json document = Json::parse(to_utf8(settings));
  const Response answer =
      call("HcnCreateNetwork", {{"id", text}, {"document", document}}, [&](Json& state) {
        refuse_network(state, document.value("Name", ""), adapter_in(document));
        refuse_subnets(document);
        state["networks"][text] = document;
        return Json();
      });
  if (answer.result >= 0) *network = make_handle("networks", text);
  return reported(answer, error);
}

EXPORT HcnCreateEndpoint(void* network, const GUID& id, PCWSTR settings, void** endpoint,
                         PWSTR* error) {
  const std::string text = text_of(id);
  const std::string network_id = static_cast<Object*>(network)->id;
  const Json document = Json::parse(to_utf8(settings));
  const Response answer =
      call("HcnCreateEndpoint", {{"id", text}, {"document", document}}, [&](Json& state) {
        std::vector<std::string> addresses;
        for (const Json& each : document.value("IpConfigurations", Json::array()))
          addresses.push_back(each.value("IpAddress", ""));
        refuse_endpoint(state, text, document.value("Name", ""), network_id, addresses);
        for (const Json& policy : document.value("Policies", Json::array())) {
          refuse_mixed_exceptions(
              policy["Settings"].value("Exceptions", std::vector<std::string>{}));
        }
        state["endpoints"][text] = document;
        state["endpoints"][text]["MacAddress"] = next_mac(state);
        return Json();
      });
  if (answer.result >= 0) *endpoint = make_handle("endpoints", text);
  return reported(answer, error);
}

EXPORT HcnModifyNamespace(void* sandbox, PCWSTR settings, PWSTR* error) {
  const std::string id = static_cast<Object*>(sandbox)->id;
  const Json request = Json::parse(to_utf8(settings));
  return reported(call("HcnModifyNamespace", {{"id", id}, {"document", request}},
                       [&](Json& state) { return change_namespace(state, id, request); }),
                  error);
}

BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID) {
  // A handle that is not closed is a leak of the plugin, for the test to see.
  if (reason == DLL_PROCESS_DETACH && open_handles != 0)
    call("LEAK", {{"handles", open_handles.load()}}, [](Json&) { return Json(); });
  return TRUE;
}
// NOLINTEND(readability-identifier-naming)
