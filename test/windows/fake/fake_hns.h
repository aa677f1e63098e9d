#pragma once

#include <windows.h>

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

/// The state of an HNS that is none: in c:\fake-hns, for all processes, so that a test can prepare
/// and read it.
///
///     state.json   {"networks", "endpoints", "namespaces", "containers", "adapters", "version"}
///     calls.json   one line a call: {"call", what it was given}
///     faults.json  {"HcnCreateEndpoint": {"result", "error", "times"} or {"hang": true}}
namespace fake_hns {

using Json = nlohmann::json;

constexpr HRESULT kNetworkNotFound = static_cast<HRESULT>(0x803B0001);
constexpr HRESULT kEndpointNotFound = static_cast<HRESULT>(0x803B0002);
constexpr HRESULT kSubnetNotFound = static_cast<HRESULT>(0x803B0005);
constexpr HRESULT kAdapterNotFound = static_cast<HRESULT>(0x803B0006);
constexpr HRESULT kInvalidNetwork = static_cast<HRESULT>(0x803B000A);
constexpr HRESULT kInvalidPolicy = static_cast<HRESULT>(0x803B000D);
constexpr HRESULT kNetworkExists = static_cast<HRESULT>(0x803B0010);
constexpr HRESULT kAlreadyAttached = static_cast<HRESULT>(0x803B0014);
constexpr HRESULT kHasReferences = static_cast<HRESULT>(0x803B002C);
constexpr HRESULT kElementNotFound = static_cast<HRESULT>(0x80070490);
constexpr HRESULT kObjectExists = static_cast<HRESULT>(0x80071392);
constexpr HRESULT kNoContainer = static_cast<HRESULT>(0xC037010E);

/// What HNS refuses a call with.
struct Refusal {
  HRESULT result;
  std::string message;
};

/// Runs `act` with the state, alone on the machine, and writes the state back. The call is noted,
/// and fails or hangs if the test wants that. Refusals come back as HNS gives them.
struct Response {
  HRESULT result = S_OK;
  std::string message;
  Json output;
};
Response call(const std::string& name, const Json& given,
              const std::function<Json(Json& state)>& act);

/// Checks shared by both versions; they throw Refusal.
void refuse_network(const Json& state, const std::string& name, const std::string& adapter);
void refuse_endpoint(const Json& state, const std::string& id, const std::string& name,
                     const std::string& network, const std::vector<std::string>& addresses);
void refuse_mixed_exceptions(const std::vector<std::string>& exceptions);
/// A MAC address that was not given before.
std::string next_mac(Json& state);
/// An id that was not given before.
std::string next_id(Json& state);

std::string to_utf8(const wchar_t* text);
/// Allocated as HNS allocates what its callers free.
wchar_t* allocate(const std::string& text);
std::string lower(std::string text);

}  // namespace fake_hns
