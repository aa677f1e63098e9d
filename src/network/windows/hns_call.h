#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "azcni/base/windows.h"

namespace azcni::network {

/// What HNS answered a call that failed: "HcnCreateEndpoint: An adapter was not found
/// (0x803b0006)".
class HnsError : public Error {
 public:
  HnsError(const std::string& call, HRESULT result, const std::string& message);
  HRESULT result() const noexcept { return result_; }

 private:
  HRESULT result_;
};

/// True for what DEL takes for success.
bool is_not_found(const HnsError& error);
/// True for a network, endpoint or address that is there already.
bool is_present(const HnsError& error);

/// Takes absence for success.
void ignore_not_found(const std::function<void()>& call);

/// Text that HNS allocated; freed as its documentation has it.
class HnsText {
 public:
  HnsText() = default;
  HnsText(const HnsText&) = delete;
  HnsText& operator=(const HnsText&) = delete;
  ~HnsText();

  wchar_t** out() { return &text_; }
  std::string get() const { return text_ == nullptr ? std::string() : to_utf8(text_); }

 private:
  wchar_t* text_ = nullptr;
};

/// Runs `call` on a thread of its own and waits at most `limit`: HNS is known to hang, for ever and
/// for all of its callers. What `call` throws is thrown here. After the limit it is left to itself,
/// so it must own what it uses, and throws Error(kTryAgain); the process ends without waiting for
/// it.
std::string bounded(const std::string& name, std::chrono::milliseconds limit,
                    std::function<std::string()> call);

}  // namespace azcni::network
