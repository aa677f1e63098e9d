#include "azcni/cni/delegate.h"

#include <filesystem>

#include "azcni/base/environment.h"
#include "azcni/base/log.h"
#include "azcni/base/paths.h"
#include "azcni/base/subprocess.h"

namespace azcni::cni {
namespace {

/// Longer than an IPAM plugin's own bounds, shorter than a runtime's patience.
constexpr std::chrono::seconds kLimit{60};

std::string find_plugin(const Request& request) {
  const std::string type = request.config.ipam_type();
  const std::vector<std::string>& folders = request.path;
  if (type.empty()) {
    throw Error(ErrorCode::kInvalidConfig,
                "ipam.type: expected the name of an IPAM plugin, not nothing");
  }
  if (type.find_first_of("/\\") != std::string::npos) {
    throw Error(ErrorCode::kInvalidConfig,
                "ipam.type: \"" + type + "\" must be a name, not a path");
  }
  require_plugin_path(request);
  std::string looked_in;
  for (const std::string& folder : folders) {
    for (const std::string& name : paths::program_names(type)) {
      const std::string path = folder + "/" + name;
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
    looked_in += (looked_in.empty() ? "" : ", ") + folder;
  }
  throw Error(ErrorCode::kInvalidConfig,
              "ipam.type: there is no plugin \"" + type + "\" in CNI_PATH",
              "CNI_PATH is " + looked_in);
}

/// The plugin's error object, or one of ours about what it left instead.
Error error_of(const std::string& type, const Subprocess::Exit& exit) {
  if (exit.killed == Subprocess::Killed::kForLength) {
    return {ErrorCode::kDelegate, "IPAM plugin " + type + ": its answer is longer than 1 MiB"};
  }
  if (exit.killed == Subprocess::Killed::kForTime) {
    return {ErrorCode::kTryAgain,
            "IPAM plugin " + type + ": no answer within " + std::to_string(kLimit.count()) + " s"};
  }
  const Json document = Json::parse(exit.output, nullptr, false);
  if (document.is_object() && document.value("code", Json()).is_number_unsigned() &&
      document.value("msg", Json()).is_string()) {
    const Json details = document.value("details", Json());
    return {static_cast<ErrorCode>(document.at("code").get<unsigned>()),
            document.at("msg").get<std::string>(),
            details.is_string() ? details.get<std::string>() : std::string()};
  }
  return {ErrorCode::kDelegate,
          "IPAM plugin " + type + ": ended with status " + std::to_string(exit.status) +
              " and no CNI error",
          "it printed: " + exit.output.substr(0, 500)};
}

}  // namespace

void require_plugin_path(const Request& request) {
  if (!request.path.empty()) return;
  throw Error(ErrorCode::kInvalidEnvironment,
              "environment variables missing: CNI_PATH, to find the IPAM plugin \"" +
                  request.config.ipam_type() + "\"");
}

Request with_address(const Request& request, const std::string& address) {
  Request named = request;
  named.config.document["ipam"]["ipAddress"] = address;
  return named;
}

Request with_list(const Request& request, const std::vector<Attachment>& valid,
                  std::chrono::microseconds listed_at) {
  Request listed = request;
  listed.command = Command::kGc;
  listed.valid = valid;
  listed.listed_at = listed_at;
  Json& document = listed.config.document;
  document[kValidAttachments] = Json::array();
  for (const Attachment& each : valid) {
    document[kValidAttachments].push_back(
        {{"containerID", each.container_id}, {"ifname", each.if_name}});
  }
  document[kListedAt] = listed_at.count();
  return listed;
}

ExecDelegate::ExecDelegate(const Request& request, int held_fd)
    : request_(request),
      held_fd_(held_fd),
      type_(request.config.ipam_type()),
      path_(find_plugin(request)) {}

std::string ExecDelegate::run(const std::string& verb, const std::string& input) const {
  // A GC names no attachment, but has to DEL some.
  const std::pair<std::string, std::string> own[] = {{"CNI_COMMAND=", verb},
                                                     {"CNI_CONTAINERID=", request_.container_id},
                                                     {"CNI_NETNS=", request_.netns},
                                                     {"CNI_IFNAME=", request_.if_name}};
  std::vector<std::string> environment = environment_variables();
  for (const auto& variable : own) {
    std::erase_if(environment,
                  [&](const std::string& each) { return each.rfind(variable.first, 0) == 0; });
    environment.push_back(variable.first + variable.second);
  }
  Subprocess::Exit exit = Subprocess({path_, {}, environment, input, held_fd_, kLimit}).wait();
  log::debug("{} {} ended with status {}", type_, verb, exit.status);
  if (exit.killed || exit.status != 0) throw error_of(type_, exit);
  return std::move(exit.output);
}

Result ExecDelegate::add() const {
  const std::string what = "the result of " + type_;
  return parse_ipam_result(parse_json(run("ADD", request_.config.text), what), what);
}

void ExecDelegate::check() const { run("CHECK", request_.config.text); }

void ExecDelegate::del(const std::string& address) const {
  if (address.empty()) {
    run("DEL", request_.config.text);
  } else {
    run("DEL", with_address(request_, address).config.document.dump());
  }
}

void ExecDelegate::gc(const std::vector<Attachment>& valid,
                      std::chrono::microseconds listed_at) const {
  run("GC", with_list(request_, valid, listed_at).config.document.dump());
}

void ExecDelegate::status() const { run("STATUS", request_.config.text); }

}  // namespace azcni::cni
