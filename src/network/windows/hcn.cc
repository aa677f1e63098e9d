#include "azcni/base/windows.h"

#include "hcn.h"

#include <computenetwork.h>

#include <memory>

#include "guid.h"
#include "hns_call.h"
#include "library.h"

namespace azcni::network {
namespace {

constexpr const char* kHcnDll = "computenetwork.dll";

/// {"Success":false,"Error":"Element not found. ","ErrorCode":2147943568}, or nothing.
void require_success(const std::string& call, HRESULT result, const std::string& error_record) {
  if (result >= 0 && error_record.empty()) return;
  const Json record = Json::parse(error_record, nullptr, false);
  std::string message = error_record;
  if (record.is_object()) {
    message = record.value("Error", "");
    const Json code = record.value("ErrorCode", Json());
    if (result >= 0 && code.is_number())
      result = static_cast<HRESULT>(static_cast<std::uint32_t>(code.get<std::uint64_t>()));
  }
  throw HnsError(call, result, message);
}

/// The three kinds of objects have calls of the same shapes. A network is made by itself, an
/// endpoint within one.
template <typename Open, typename Close>
class Opened {
 public:
  Opened(const Library& dll, const std::string& kind, const GUID& id)
      : object_(nullptr, dll.get<Close>(("HcnClose" + kind).c_str())) {
    void* object = nullptr;
    HnsText error;
    const HRESULT result = dll.get<Open>(("HcnOpen" + kind).c_str())(id, &object, error.out());
    object_.reset(object);
    require_success("HcnOpen" + kind + " " + to_string(id), result, error.get());
  }

  void* get() const { return object_.get(); }

 private:
  std::unique_ptr<void, Close*> object_;
};
using OpenedNetwork = Opened<decltype(HcnOpenNetwork), decltype(HcnCloseNetwork)>;
using OpenedEndpoint = Opened<decltype(HcnOpenEndpoint), decltype(HcnCloseEndpoint)>;
using OpenedNamespace = Opened<decltype(HcnOpenNamespace), decltype(HcnCloseNamespace)>;

std::wstring query(const Json& filter) {
  Json json{{"SchemaVersion", {{"Major", 2}, {"Minor", 0}}}};
  if (!filter.is_null()) json["Filter"] = filter.dump();  // JSON within a string
  return to_utf16(json.dump());
}

std::vector<GUID> ids_in(const std::string& text) {
  std::vector<GUID> ids;
  for (const Json& each : parse_json(text, "HNS's list of ids")) {
    const auto id = each.is_string() ? parse_guid(each.get<std::string>()) : std::nullopt;
    if (id) ids.push_back(*id);
  }
  return ids;
}

template <typename Enumerate>
std::vector<GUID> enumerate(const Library& dll, const std::string& call, const Json& filter) {
  HnsText found, error;
  const HRESULT result =
      dll.get<Enumerate>(call.c_str())(query(filter).c_str(), found.out(), error.out());
  require_success(call, result, error.get());
  return ids_in(found.get());
}

/// An object's document; null if it vanished.
template <typename OpenedObject, typename Query>
Json properties(const Library& dll, const std::string& kind, const GUID& id) {
  try {
    const OpenedObject object(dll, kind, id);
    HnsText found, error;
    const std::string call = "HcnQuery" + kind + "Properties";
    const HRESULT result = dll.get<Query>(call.c_str())(object.get(), query(nullptr).c_str(),
                                                        found.out(), error.out());
    require_success(call + " " + to_string(id), result, error.get());
    return parse_json(found.get(), "HNS's answer to " + call);
  } catch (const HnsError& error) {
    if (is_not_found(error)) return nullptr;
    throw;
  }
}

/// Documents pass the thread of the bounded call as text.
std::vector<Json> find(const std::string& name, std::chrono::milliseconds limit,
                       std::function<Json()> search) {
  const std::string text =
      bounded(name, limit, [search = std::move(search)] { return search().dump(); });
  std::vector<Json> documents;
  for (const Json& each : Json::parse(text)) {
    if (!each.is_null()) documents.push_back(each);
  }
  return documents;
}

}  // namespace

std::vector<Json> Hcn::find_networks(const Json& filter) const {
  return find("HcnEnumerateNetworks", limit_, [filter] {
    const Library dll(kHcnDll);
    Json all = Json::array();
    for (const GUID& id :
         enumerate<decltype(HcnEnumerateNetworks)>(dll, "HcnEnumerateNetworks", filter))
      all.push_back(
          properties<OpenedNetwork, decltype(HcnQueryNetworkProperties)>(dll, "Network", id));
    return all;
  });
}

std::vector<Json> Hcn::find_endpoints(const Json& filter) const {
  return find("HcnEnumerateEndpoints", limit_, [filter] {
    const Library dll(kHcnDll);
    Json all = Json::array();
    for (const GUID& id :
         enumerate<decltype(HcnEnumerateEndpoints)>(dll, "HcnEnumerateEndpoints", filter))
      all.push_back(
          properties<OpenedEndpoint, decltype(HcnQueryEndpointProperties)>(dll, "Endpoint", id));
    return all;
  });
}

std::optional<Json> Hcn::find_namespace(const GUID& id) const {
  const auto found = find("HcnEnumerateNamespaces", limit_, [id] {
    const Library dll(kHcnDll);
    Json all = Json::array();
    for (const GUID& each : enumerate<decltype(HcnEnumerateNamespaces)>(
             dll, "HcnEnumerateNamespaces", {{"ID", to_string(id)}}))
      all.push_back(properties<OpenedNamespace, decltype(HcnQueryNamespaceProperties)>(
          dll, "Namespace", each));
    return all;
  });
  return found.empty() ? std::nullopt : std::optional(found.front());
}

void Hcn::create_network(const GUID& id, const Json& settings) const {
  bounded("HcnCreateNetwork", limit_,
          [id, name = settings.value("Name", ""), text = to_utf16(settings.dump())] {
            const Library dll(kHcnDll);
            void* network = nullptr;
            HnsText error;
            const HRESULT result = dll.get<decltype(HcnCreateNetwork)>("HcnCreateNetwork")(
                id, text.c_str(), &network, error.out());
            if (network != nullptr) dll.get<decltype(HcnCloseNetwork)>("HcnCloseNetwork")(network);
            require_success("HcnCreateNetwork " + name, result, error.get());
            return std::string();
          });
}

void Hcn::delete_network(const GUID& id) const {
  bounded("HcnDeleteNetwork", limit_, [id] {
    const Library dll(kHcnDll);
    HnsText error;
    const HRESULT result = dll.get<decltype(HcnDeleteNetwork)>("HcnDeleteNetwork")(id, error.out());
    require_success("HcnDeleteNetwork " + to_string(id), result, error.get());
    return std::string();
  });
}

void Hcn::create_endpoint(const GUID& network, const GUID& id, const Json& settings) const {
  bounded("HcnCreateEndpoint", limit_,
          [network, id, name = settings.value("Name", ""), text = to_utf16(settings.dump())] {
            const Library dll(kHcnDll);
            const OpenedNetwork opened(dll, "Network", network);
            void* endpoint = nullptr;
            HnsText error;
            const HRESULT result = dll.get<decltype(HcnCreateEndpoint)>("HcnCreateEndpoint")(
                opened.get(), id, text.c_str(), &endpoint, error.out());
            if (endpoint != nullptr)
              dll.get<decltype(HcnCloseEndpoint)>("HcnCloseEndpoint")(endpoint);
            require_success("HcnCreateEndpoint " + name, result, error.get());
            return std::string();
          });
}

void Hcn::delete_endpoint(const GUID& id) const {
  bounded("HcnDeleteEndpoint", limit_, [id] {
    const Library dll(kHcnDll);
    HnsText error;
    const HRESULT result =
        dll.get<decltype(HcnDeleteEndpoint)>("HcnDeleteEndpoint")(id, error.out());
    require_success("HcnDeleteEndpoint " + to_string(id), result, error.get());
    return std::string();
  });
}

void Hcn::modify_namespace(const GUID& id, const Json& request) const {
  bounded("HcnModifyNamespace", limit_, [id, text = to_utf16(request.dump())] {
    const Library dll(kHcnDll);
    const OpenedNamespace opened(dll, "Namespace", id);
    HnsText error;
    const HRESULT result = dll.get<decltype(HcnModifyNamespace)>("HcnModifyNamespace")(
        opened.get(), text.c_str(), error.out());
    require_success("HcnModifyNamespace " + to_string(id), result, error.get());
    return std::string();
  });
}

}  // namespace azcni::network
