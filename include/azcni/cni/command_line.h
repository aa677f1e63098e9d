#pragma once

#include <functional>
#include <string>
#include <vector>

namespace azcni::cni {

/// "GROUP NAME ARGUMENT", as in `azure-vnet network rm azure`.
struct CommandLineVerb {
  std::string group;
  std::string name;
  std::string argument;
  std::string purpose;
  std::function<void(const std::string& argument)> run;  ///< may throw Error
};

/// What a person gets who starts a plugin at a terminal: --version, --help, or, without arguments,
/// a word on stderr of what this is. Returns the exit status.
int run_command_line(int argc, char** argv, const std::string& name, const std::string& purpose,
                     const std::vector<CommandLineVerb>& verbs = {});

}  // namespace azcni::cni
