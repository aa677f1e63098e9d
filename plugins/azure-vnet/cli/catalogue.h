#pragma once

#include <string>
#include <string_view>

namespace azcni::vnet {

/// What `explain` says of a finding of doctor, or of an error's code.
struct Explanation {
  std::string_view id;  ///< stable
  bool is_error;        ///< of findings: containers fail by it; else a warning
  std::string_view meaning;
  std::string_view why;
  std::string_view remedy;
};

/// Throws Error(kInvalidEnvironment) that names the nearest things if there is none.
const Explanation& explanation_of(const std::string& id);

}  // namespace azcni::vnet
