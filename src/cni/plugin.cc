#include "azcni/cni/plugin.h"

#include <optional>

#include "azcni/base/environment.h"
#include "azcni/base/log.h"
#include "azcni/base/result_writer.h"
#include "azcni/cni/version.h"

namespace azcni::cni {
namespace {

constexpr const char* kCrashResult =
    "{\"code\":999,\"msg\":\"the plugin crashed; what it did is on record and the next DEL undoes "
    "it\"}\n";

/// One line; what is not UTF-8 in it (a name that somebody sent) is replaced, so that it stays
/// JSON.
std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string error_line(const std::string& version, const Error& error) {
  Json json{{"cniVersion", version},
            {"code", static_cast<unsigned>(error.code())},
            {"msg", error.what()}};
  if (!error.details().empty()) json["details"] = error.details();
  return line(json);
}

/// Lenient, since a DEL must not fail for it: the plugins' own parsers complain about other values.
log::Level log_level(const NetworkConfig& config) {
  const Json* level = config.fields().find("logLevel");
  return level != nullptr && *level == "debug" ? log::Level::kDebug : log::Level::kInfo;
}

/// The document to print for one call, or nothing.
std::string run_verb(const std::string& input, const std::string& log_file,
                     const Handlers& handlers) {
  const std::string verb = environment_variable("CNI_COMMAND").value_or("");
  if (parse_command(verb) == Command::kVersion) {
    return line(
        {{"cniVersion", answer_version(input)}, {"supportedVersions", supported_versions()}});
  }
  log::open(
      {log_file, log::Level::kInfo, verb, environment_variable("CNI_CONTAINERID").value_or("")});
  const Request request = parse_request(environment_variable, input, handlers.options);
  if (log_level(request.config) != log::Level::kInfo) {
    log::open({log_file, log_level(request.config), verb, request.container_id});
  }
  switch (request.command) {
    case Command::kAdd: return line(to_json(handlers.add(request), request.config.cni_version));
    case Command::kCheck: handlers.check(request); break;
    case Command::kDel: handlers.del(request); break;
    case Command::kGc: handlers.gc(request); break;
    case Command::kStatus: handlers.status(request); break;
    case Command::kVersion: break;
  }
  return {};
}

}  // namespace

bool called_by_runtime(int argc) {
  return argc < 2 && environment_variable("CNI_COMMAND").has_value();
}

int run_plugin(const std::string& log_file, const Handlers& handlers) {
  ResultWriter result(kCrashResult);
  std::string input;
  std::optional<Error> failure;
  try {
    input = read_stdin(kMaxConfigBytes);
    result.write(run_verb(input, log_file, handlers));
    return 0;
  } catch (const Error& error) {
    failure = error;
  } catch (const std::exception& error) {
    failure = Error(ErrorCode::kDelegate, std::string("unexpected failure: ") + error.what());
  }
  const std::string& advice = failure->details();
  log::error("{}{}{}", failure->what(), advice.empty() ? "" : "; ", advice);
  result.write(error_line(answer_version(input), *failure));
  return 1;
}

}  // namespace azcni::cni
