// A vmcompute.dll: HNS v1, and as much of the Host Compute Service as attaches endpoints.

#include <algorithm>

#include "fake_hns.h"

namespace {

using namespace fake_hns;

std::string collection_of(const std::string& path) { return path.substr(1, path.find('/', 1) - 1); }

std::string id_in(const std::string& path) { return path.substr(path.find('/', 1) + 1); }

Refusal not_found(const std::string& kind) {
  if (kind == "networks") return {kNetworkNotFound, "The network was not found. "};
  return {kEndpointNotFound, "The endpoint was not found. "};
}

Json with_id(const std::string& id, Json document) {
  if (document.contains("HostComputeNamespace"))
    document["Namespace"] = {{"ID", document["HostComputeNamespace"]}};
  document["ID"] = id;
  return document;
}

Json create(Json& state, const std::string& kind, const Json& document) {
  const std::string id = next_id(state);
  const std::string name = document.value("Name", "");
  if (kind == "networks") {
    refuse_network(state, name, document.value("NetworkAdapterName", ""));
  } else {
    std::vector<std::string> addresses;
    for (const char* key : {"IPAddress", "IPv6Address"}) {
      if (document.contains(key)) addresses.push_back(document[key]);
    }
    refuse_endpoint(state, id, name, document.value("VirtualNetwork", ""), addresses);
    for (const Json& policy : document.value("Policies", Json::array()))
      refuse_mixed_exceptions(policy.value("ExceptionList", std::vector<std::string>{}));
  }
  state[kind][id] = document;
  if (kind == "endpoints") {
    state[kind][id]["MacAddress"] = next_mac(state);
    state[kind][id]["SharedContainers"] = Json::array();
  }
  return with_id(id, state[kind][id]);
}

Json handle(Json& state, const std::string& method, const std::string& path, const Json& body) {
  if (path == "/globals/version") return state.value("version", Json{{"Major", 15}, {"Minor", 1}});
  const std::string kind = collection_of(path), id = id_in(path);
  if (method == "GET" && id.empty()) {
    Json all = Json::array();
    for (const auto& item : state[kind].items()) all.push_back(with_id(item.key(), item.value()));
    return all;
  }
  if (method == "POST" && id.empty()) return create(state, kind, body);
  if (!state[kind].contains(id)) throw not_found(kind);
  if (method == "DELETE") {
    state[kind].erase(id);
    return nullptr;
  }
  return with_id(id, state[kind][id]);
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are Windows'.
#define EXPORT extern "C" __declspec(dllexport) HRESULT WINAPI

EXPORT HNSCall(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR* response) {
  const std::string verb = to_utf8(method), target = to_utf8(path), text = to_utf8(request);
  const Json body = text.empty() ? Json() : Json::parse(text);
  Json given{{"path", target}};
  if (!body.is_null()) given["document"] = body;
  const Response answer = call("HNSCall " + verb, given,
                               [&](Json& state) { return handle(state, verb, target, body); });
  Json envelope{{"Success", answer.result >= 0}};
  if (answer.result < 0) {
    envelope["Error"] = answer.message;
    envelope["ErrorCode"] = static_cast<std::uint32_t>(answer.result);
  } else if (!answer.output.is_null()) {
    envelope["Output"] = answer.output;
  }
  *response = allocate(envelope.dump());
  return S_OK;
}

EXPORT HcsOpenComputeSystem(PCWSTR id, HANDLE* system, PWSTR*) {
  const std::string text = to_utf8(id);
  const Response answer = call("HcsOpenComputeSystem", {{"id", text}}, [&](Json& state) {
    if (!state["containers"].contains(text)) throw Refusal{kNoContainer, ""};
    return Json();
  });
  if (answer.result >= 0) *system = new std::string(text);
  return answer.result;
}

EXPORT HcsModifyComputeSystem(HANDLE system, PCWSTR configuration, PWSTR*) {
  const std::string id = *static_cast<std::string*>(system);
  const Json request = Json::parse(to_utf8(configuration));
  return call("HcsModifyComputeSystem", {{"id", id}, {"document", request}},
              [&](Json& state) {
                const std::string endpoint = request["Settings"];
                if (!state["endpoints"].contains(endpoint)) throw not_found("endpoints");
                state["endpoints"][endpoint]["SharedContainers"].push_back(id);
                return Json();
              })
      .result;
}

EXPORT HcsCloseComputeSystem(HANDLE system) {
  delete static_cast<std::string*>(system);
  return S_OK;
}
// NOLINTEND(readability-identifier-naming)
