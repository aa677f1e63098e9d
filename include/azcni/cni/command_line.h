#pragma once

#include <string>

namespace azcni::cni {

/// What a person gets who starts a plugin at a terminal: --version, --help, or, without arguments,
/// a word on stderr of what this is. Returns the exit status.
int run_command_line(int argc, char** argv, const std::string& name, const std::string& purpose);

}  // namespace azcni::cni
