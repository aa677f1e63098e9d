#pragma once

#include <optional>
#include <string>
#include <vector>

namespace azcni {

std::optional<std::string> environment_variable(const std::string& name);

/// All of them, as "NAME=value".
std::vector<std::string> environment_variables();

/// True if somebody reads our stdout on a terminal.
bool is_terminal();

}  // namespace azcni
