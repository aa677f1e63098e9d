#include "azcni/base/windows.h"

#include "hns.h"

#include <algorithm>

#include "hns_call.h"
#include "library.h"

namespace azcni::network {
namespace {

constexpr const char* kHnsDll = "vmcompute.dll";

// Declared here: <computecore.h> has functions of the same names with other parameters.
using HnsCallFunction = HRESULT WINAPI(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR* response);
using OpenFunction = HRESULT WINAPI(PCWSTR id, HANDLE* system, PWSTR* result);
using ModifyFunction = HRESULT WINAPI(HANDLE system, PCWSTR configuration, PWSTR* result);
using CloseFunction = HRESULT WINAPI(HANDLE system);

/// {"Success":bool,"Error":"text","ErrorCode":number,"Output":anything}
Json output_of(const std::string& call, const std::string& response) {
  if (response.empty()) return nullptr;
  const Json envelope = parse_json(response, "HNS's answer to " + call);
  if (!envelope.is_object()) return nullptr;
  if (envelope.value("Success", true)) return envelope.value("Output", Json());
  const Json code = envelope.value("ErrorCode", Json());
  const HRESULT result =
      code.is_number() ? static_cast<HRESULT>(static_cast<std::uint32_t>(code.get<std::uint64_t>()))
                       : E_FAIL;
  throw HnsError(call, result, envelope.value("Error", ""));
}

/// A container of the Host Compute Service.
class ComputeSystem {
 public:
  ComputeSystem(const Library& dll, const std::string& id)
      : close_(dll.get<CloseFunction>("HcsCloseComputeSystem")) {
    HnsText answer;
    const HRESULT result =
        dll.get<OpenFunction>("HcsOpenComputeSystem")(to_utf16(id).c_str(), &system_, answer.out());
    if (result < 0) throw HnsError("HcsOpenComputeSystem " + id, result, answer.get());
  }
  ComputeSystem(const ComputeSystem&) = delete;
  ComputeSystem& operator=(const ComputeSystem&) = delete;
  ~ComputeSystem() { close_(system_); }

  HANDLE get() const { return system_; }

 private:
  CloseFunction* close_;
  HANDLE system_ = nullptr;
};

}  // namespace

bool same_text(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

Json Hns::call(const std::string& method, const std::string& path, const Json& body) const {
  const std::string object = body.is_object() ? " " + body.value("Name", "") : std::string();
  const std::string name = "HNSCall " + method + " " + path + object;
  const std::string response = bounded(name, limit_, [=, text = body.is_null() ? "" : body.dump()] {
    const Library dll(kHnsDll);
    HnsText answer;
    const HRESULT result = dll.get<HnsCallFunction>("HNSCall")(
        to_utf16(method).c_str(), to_utf16(path).c_str(), to_utf16(text).c_str(), answer.out());
    if (result < 0) throw HnsError(name, result, "");
    return answer.get();
  });
  return output_of(name, response);
}

std::vector<Json> Hns::find(const std::string& collection, const std::string& name) const {
  std::vector<Json> found;
  for (const Json& each : call("GET", "/" + collection + "/")) {
    if (same_text(each.value("Name", ""), name)) found.push_back(each);
  }
  return found;
}

bool Hns::is_running(const std::string& container_id) const {
  const std::string found = bounded("HcsOpenComputeSystem", limit_, [=] {
    try {
      const Library dll(kHnsDll);
      const ComputeSystem container(dll, container_id);
      return std::string("yes");
    } catch (const HnsError& error) {
      if (is_not_found(error)) return std::string();
      throw;
    }
  });
  return !found.empty();
}

void Hns::hot_attach(const std::string& container_id, const std::string& endpoint_id) const {
  const Json request{
      {"ResourceType", "Network"}, {"Settings", endpoint_id}, {"RequestType", "Add"}};
  bounded("HcsModifyComputeSystem", limit_, [=, text = to_utf16(request.dump())] {
    const Library dll(kHnsDll);
    const ComputeSystem container(dll, container_id);
    HnsText answer;
    const HRESULT result = dll.get<ModifyFunction>("HcsModifyComputeSystem")(
        container.get(), text.c_str(), answer.out());
    if (result < 0) throw HnsError("HcsModifyComputeSystem " + container_id, result, answer.get());
    return std::string();
  });
}

}  // namespace azcni::network
