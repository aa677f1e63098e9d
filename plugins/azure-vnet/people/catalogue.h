#pragma once

#include <string>
#include <vector>

namespace azcni::vnet {

/// What `explain` says of a finding of doctor, or of an error's code.
struct Explanation {
  std::string id;        ///< stable
  bool is_error = true;  ///< of findings: containers fail by it; else a warning
  std::string meaning;
  std::string why;
  std::string remedy;
};

const std::vector<Explanation>& findings_catalogue();
const std::vector<Explanation>& errors_catalogue();

/// Throws Error(kInvalidEnvironment) that names the nearest things if there is none.
const Explanation& explanation_of(const std::string& id);

}  // namespace azcni::vnet
