#include "azcni/base/environment.h"

#include <unistd.h>

#include <cstdlib>

namespace azcni {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::vector<std::string> environment_variables() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

bool is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

}  // namespace azcni
