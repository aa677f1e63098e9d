#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace azcni {

/// Codes of the CNI error object. 1 to 99 belong to the specification (SPEC.md, "Error"), those
/// from 100 on are ours and are listed in docs/errors.md.
enum class ErrorCode : unsigned {
  kIncompatibleVersion = 1,
  kUnsupportedField = 2,
  kUnknownContainer = 3,
  kInvalidEnvironment = 4,
  kIo = 5,
  kDecoding = 6,
  kInvalidConfig = 7,
  kInvalidNetns = 8,
  kTryAgain = 11,
  kNotAvailable = 50,      ///< STATUS: an ADD would fail
  kLimited = 51,           ///< STATUS: and containers that are attached have no network either
  kSystem = 100,           ///< the operating system refused an operation
  kAlreadyAttached = 101,  ///< ADD of an attachment that is complete
  kNoAddress = 102,        ///< every address of the pool is in use
  kAddressTaken = 103,     ///< the address asked for belongs to somebody else
  kMetadata = 104,         ///< the node's addresses can't be learned
  kNoMaster = 105,         ///< no host interface fits
  kCheckFailed = 106,      ///< CHECK found something missing or different
  kPortTaken = 107,        ///< a port of the host leads to another container
  kDelegate = 999,         ///< a delegate failed without a CNI error of its own
};

/// The one exception of this code base: what the caller of a plugin gets to read.
/// Its message says what was tried, on which object, and what the system answered; its details
/// say what to do about it. Caught once, in cni::run_plugin.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string details = {},
        std::optional<int> system_code = {})
      : std::runtime_error(message),
        code_(code),
        details_(std::move(details)),
        system_code_(system_code) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& details() const noexcept { return details_; }
  /// The errno, or Windows' error, of the call that failed; none where no call did.
  std::optional<int> system_code() const noexcept { return system_code_; }

 private:
  ErrorCode code_;
  std::string details_;
  std::optional<int> system_code_;
};

/// "<tried>: <text of errno> (<errno>)", for the errno of the call that just failed.
Error system_error(const std::string& tried, int error_number, std::string details = {});

/// Runs steps that must all be tried, then reports every failure at once.
class ErrorList {
 public:
  template <typename Step>
  void attempt(Step&& step) {
    try {
      step();
    } catch (const Error& error) {
      errors_.push_back(error);
    }
  }

  /// Throws the first error, with the messages of the others appended to its own.
  void throw_if_any() const;

 private:
  std::vector<Error> errors_;
};

}  // namespace azcni
