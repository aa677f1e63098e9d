#pragma once

#include <string>

#include "azcni/cli/command_line.h"

namespace azcni::cli {

/// A script for bash that completes verbs and flags. zsh reads it too, after `bashcompinit`.
std::string bash_completion(const Program& program);

/// A page of section 8, in man(7)'s macros.
std::string man_page(const Program& program);

}  // namespace azcni::cli
