#include "hns_call.h"

#include <objbase.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <thread>

#include "azcni/base/log.h"

namespace azcni::network {
namespace {

constexpr HRESULT kNetworkNotFound = static_cast<HRESULT>(0x803B0001);
constexpr HRESULT kEndpointNotFound = static_cast<HRESULT>(0x803B0002);
constexpr HRESULT kSubnetNotFound = static_cast<HRESULT>(0x803B0005);
constexpr HRESULT kAdapterNotFound = static_cast<HRESULT>(0x803B0006);
constexpr HRESULT kInvalidPolicy = static_cast<HRESULT>(0x803B000D);
constexpr HRESULT kAccessDenied = static_cast<HRESULT>(0x80070005);
constexpr HRESULT kContainerNotFound = static_cast<HRESULT>(0xC037010E);
constexpr HRESULT kContainerNotFoundToo = static_cast<HRESULT>(0x8037010E);
constexpr HRESULT kNetworkExists = static_cast<HRESULT>(0x803B0010);
constexpr HRESULT kElementNotFound = static_cast<HRESULT>(0x80070490);
constexpr HRESULT kObjectExists = static_cast<HRESULT>(0x80071392);

std::string described(const std::string& call, HRESULT result, std::string message) {
  while (!message.empty() && (message.back() == ' ' || message.back() == '.')) message.pop_back();
  char code[16];
  std::snprintf(code, sizeof code, "0x%08lx", static_cast<unsigned long>(result));
  return call + ": " + (message.empty() ? "HNS refused it" : message) + " (" + code + ")";
}

/// What to do about it.
std::string hint(HRESULT result) {
  switch (result) {
    case kSubnetNotFound:
      return "the network was made for other subnets: drain the node, then azure-vnet network rm";
    case kAdapterNotFound: return "name the adapter in `adapterName`: Get-NetAdapter lists them";
    case kInvalidPolicy: return "correct AdditionalArgs of the configuration";
    case kObjectExists:
      return "Get-HnsEndpoint shows who has the name or the address; names have 8 characters of a "
             "container's id";
    case kAccessDenied: return "run as an administrator";
    default:
      return "the log of HNS has more: Get-WinEvent Microsoft-Windows-Host-Network-Service-Admin";
  }
}

bool says_not_found(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
  return text.find("not found") != std::string::npos;
}

/// Shared with a thread that may outlive the wait for it.
struct Outcome {
  std::string text;
  std::exception_ptr failure;
  UniqueHandle done{::CreateEventW(nullptr, TRUE, FALSE, nullptr)};
};

}  // namespace

HnsError::HnsError(const std::string& call, HRESULT result, const std::string& message)
    : Error(ErrorCode::kSystem, described(call, result, message), hint(result)), result_(result) {}

bool is_not_found(const HnsError& error) {
  const HRESULT result = error.result();
  return result == kNetworkNotFound || result == kEndpointNotFound || result == kElementNotFound ||
         result == kContainerNotFound || result == kContainerNotFoundToo ||
         (result == E_FAIL && says_not_found(error.what()));  // of v1, which may have text alone
}

bool is_present(const HnsError& error) {
  return error.result() == kNetworkExists || error.result() == kObjectExists;
}

void ignore_not_found(const std::function<void()>& call) {
  try {
    call();
  } catch (const HnsError& error) {
    if (!is_not_found(error)) throw;
    log::info("{}: taken for done", error.what());
  }
}

HnsText::~HnsText() { ::CoTaskMemFree(text_); }

std::string bounded(const std::string& name, std::chrono::milliseconds limit,
                    std::function<std::string()> call) {
  const auto outcome = std::make_shared<Outcome>();
  std::thread caller([outcome, call = std::move(call)] {
    try {
      outcome->text = call();
    } catch (const std::exception&) {  // ours, or the JSON library's about what HNS answered
      outcome->failure = std::current_exception();
    }
    ::SetEvent(outcome->done.get());
  });
  if (::WaitForSingleObject(outcome->done.get(), static_cast<DWORD>(limit.count())) !=
      WAIT_OBJECT_0) {
    caller.detach();
    // Nothing may be torn down under the thread that hangs.
    std::atexit([] { ::TerminateProcess(::GetCurrentProcess(), 1); });
    throw Error(ErrorCode::kTryAgain,
                name + ": HNS did not answer within " + std::to_string(limit.count()) + " ms",
                "if it goes on, restart the service hns; windowsSettings."
                "hnsTimeoutDurationInSeconds is the limit");
  }
  // Not left to itself: winpthreads frees a detached thread twice if it ends at that moment, and
  // two later ones share its memory.
  caller.join();
  if (outcome->failure) std::rethrow_exception(outcome->failure);
  return outcome->text;
}

}  // namespace azcni::network
