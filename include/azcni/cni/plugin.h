#pragma once

#include <functional>
#include <string>

#include "azcni/cni/request.h"
#include "azcni/cni/result.h"

namespace azcni::cni {

/// What a plugin does for each verb. A handler returns or throws; it never writes to stdout.
struct Handlers {
  std::function<Result(const Request&)> add;
  std::function<void(const Request&)> check;
  std::function<void(const Request&)> del;
  std::function<void(const Request&)> gc;
  std::function<void(const Request&)> status;
  ParseOptions options = {};
};

/// True if a container runtime called us: CNI_COMMAND is set. Otherwise a person did.
bool called_by_runtime(int argc);

/// The whole of a plugin's main() in CNI mode: parses the request, runs its verb, and prints one
/// JSON document, or nothing where a verb has no answer. Returns the exit status.
/// `log_file` is where the plugin's log goes.
int run_plugin(const std::string& log_file, const Handlers& handlers);

}  // namespace azcni::cni
