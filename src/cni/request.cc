#include "azcni/cni/request.h"

#include <algorithm>

#include "azcni/base/paths.h"
#include "azcni/cni/version.h"
#include "azcni/net/interfaces.h"

namespace azcni::cni {
namespace {

/// A record's file is named after the container, and file names have at most 255 bytes.
constexpr std::size_t kMaxContainerId = 200;
constexpr std::size_t kMaxNetworkName = 200;  ///< the same, and names of nf_tables' tables

Error environment_error(const std::string& message) {
  return {ErrorCode::kInvalidEnvironment, message};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// [A-Za-z0-9][A-Za-z0-9_.-]*: container ids and network names (SPEC.md, "Parameters").
bool is_identifier(const std::string& text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
  };
  return !text.empty() && is_alphanumeric(text[0]) &&
         std::all_of(text.begin(), text.end(), allowed);
}

/// What is no UTF-8 can't be on record.
bool is_utf8(const std::string& text) { return to_utf8(text) == text; }

bool is_true(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text == "1" || text == "true";
}

/// "K=V;K=V". Unknown keys are an error unless IgnoreUnknown is true. DEL must succeed whatever the
/// runtime sends, so there what can't be read is passed over.
std::map<std::string, std::string> parse_args(const std::string& text, Command command) {
  std::map<std::string, std::string> args;
  for (const std::string& pair : split(text, ';')) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos && pair.find('=', equals + 1) == std::string::npos) {
      args[pair.substr(0, equals)] = pair.substr(equals + 1);
    } else if (command == Command::kAdd || command == Command::kCheck) {
      throw environment_error("CNI_ARGS: \"" + pair + "\" is no KEY=VALUE pair");
    }
  }
  const bool is_strict = command == Command::kAdd || command == Command::kCheck;
  if (!is_strict || is_true(args["IgnoreUnknown"])) return args;
  for (const auto& [key, value] : args) {
    if (key == "IgnoreUnknown" || key == "IP" || key == "MAC" || key.rfind("K8S_POD_", 0) == 0)
      continue;
    throw environment_error("CNI_ARGS: unknown key \"" + key + "\"; IgnoreUnknown=1 lets it pass");
  }
  return args;
}

/// What the specification demands of a verb's environment (SPEC.md, section 2).
std::vector<std::string> required_variables(Command command) {
  switch (command) {
    case Command::kAdd:
    case Command::kCheck: return {"CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS"};
    case Command::kDel: return {"CNI_CONTAINERID", "CNI_IFNAME"};
    default: return {};  // CNI_PATH: where a delegate is looked for
  }
}

/// The names of those that are not set or empty, for one error about all of them.
std::string missing_variables(const Environment& environment,
                              const std::vector<std::string>& names) {
  std::string missing;
  for (const std::string& name : names) {
    if (environment(name).value_or("").empty()) missing += (missing.empty() ? "" : ", ") + name;
  }
  return missing;
}

/// True if the configuration names an address for IPAM, whatever else it is.
bool has_ip_address(const std::string& input) {
  const Json document = Json::parse(input, nullptr, false);
  const Json* ipam = document.is_object() ? Fields(document, "").find("ipam") : nullptr;
  const Json* address =
      ipam != nullptr && ipam->is_object() ? Fields(*ipam, "").find("ipAddress") : nullptr;
  return address != nullptr && address->is_string();
}

/// A verb and the version that it came with.
void require_verb(const NetworkConfig& config, const std::string& verb, const std::string& since) {
  if (at_least(config.cni_version, since)) return;
  throw Error(ErrorCode::kIncompatibleVersion,
              verb + ": cniVersion " + config.cni_version + " does not have it",
              "it came with " + since);
}

/// A list of null is the empty one: Go's runtimes (CRI-O) send it when they have no container. No
/// list at all is something else: it says of no attachment that it may go.
std::optional<std::vector<Attachment>> parse_valid_attachments(const NetworkConfig& config) {
  const Fields fields = config.fields();
  const char* key = fields.has(kValidAttachments) ? kValidAttachments : kDraftValidAttachments;
  const Json& document = config.document;
  if (!fields.has(key) && !document.contains(kValidAttachments) && !document.contains(key))
    return std::nullopt;
  std::vector<Attachment> attachments;
  for (const Fields& each : fields.objects(key)) {
    for (const char* name : {"containerID", "ifname"}) {
      if (each.text(name).empty()) throw each.expected(name, "what ADD was called with");
    }
    attachments.push_back({each.text("containerID"), each.text("ifname")});
  }
  return attachments;
}

std::optional<std::chrono::microseconds> parse_listed_at(const NetworkConfig& config) {
  const Json* value = config.fields().find(kListedAt);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return std::chrono::microseconds(value->get<std::int64_t>());
}

/// What of the configuration belongs to one verb.
void parse_verb_config(Request& request) {
  switch (request.command) {
    case Command::kCheck:
      require_verb(request.config, "CHECK", "0.4.0");
      if (!request.config.prev_result())
        throw request.config.fields().expected("prevResult", "the result of ADD");
      break;
    case Command::kGc:
      require_verb(request.config, "GC", "1.1.0");
      request.valid = parse_valid_attachments(request.config);
      request.listed_at = parse_listed_at(request.config);
      break;
    case Command::kStatus: require_verb(request.config, "STATUS", "1.1.0"); break;
    default: break;
  }
}

/// Checks the names of the container and its interface, where the verb is about one.
void parse_attachment(const Environment& environment, Request& request) {
  request.container_id = environment("CNI_CONTAINERID").value_or("");
  request.if_name = environment("CNI_IFNAME").value_or("");
  request.netns = environment("CNI_NETNS").value_or("");
  if (!is_identifier(request.container_id) || request.container_id.size() > kMaxContainerId) {
    throw environment_error(
        "CNI_CONTAINERID: \"" + request.container_id.substr(0, kMaxContainerId) +
        "\" is no container id: expected up to 200 letters, digits, '_', '.' and '-'");
  }
  if (!net::is_interface_name(request.if_name) || !is_utf8(request.if_name)) {
    throw environment_error("CNI_IFNAME: \"" + request.if_name +
                            "\" is no interface name: expected up to 15 bytes of UTF-8 without "
                            "'/', ':', '%' and white space, and neither \"all\" nor \"default\"");
  }
  // A container with such a path was never attached: its DEL succeeds, as that of any other.
  if (request.command != Command::kDel && !is_utf8(request.netns)) {
    throw environment_error("CNI_NETNS: \"" + request.netns + "\" is no path in UTF-8");
  }
}

NetworkConfig parse_config(const std::string& input) {
  if (input.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error(ErrorCode::kDecoding, "stdin: expected the network configuration, got nothing");
  }
  NetworkConfig config;
  config.text = input;
  config.document = parse_json(input, "the network configuration on stdin");
  const Fields fields = config.fields();
  config.cni_version = fields.text("cniVersion");
  if (config.cni_version.empty()) config.cni_version = "0.1.0";
  require_supported(config.cni_version);
  config.name = fields.text("name");
  if (!is_identifier(config.name) || config.name.size() > kMaxNetworkName) {
    throw fields.expected("name",
                          "the network's name, of up to 200 letters, digits, '_', '.' and '-'");
  }
  return config;
}

}  // namespace

std::string NetworkConfig::ipam_type() const {
  const auto ipam = fields().object("ipam");
  return ipam ? ipam->text("type") : std::string();
}

std::optional<Result> NetworkConfig::prev_result() const {
  const Json* previous = fields().find("prevResult");
  if (previous == nullptr) return std::nullopt;
  return parse_result(*previous, "prevResult");
}

bool Request::is_valid(const Attachment& attachment) const {
  return valid && std::find(valid->begin(), valid->end(), attachment) != valid->end();
}

std::string Request::arg(const std::string& key) const {
  const auto found = args.find(key);
  return found == args.end() ? std::string() : found->second;
}

Command parse_command(const std::string& name) {
  if (name == "ADD") return Command::kAdd;
  if (name == "DEL") return Command::kDel;
  if (name == "CHECK") return Command::kCheck;
  if (name == "GC") return Command::kGc;
  if (name == "STATUS") return Command::kStatus;
  if (name == "VERSION") return Command::kVersion;
  throw environment_error("unknown CNI_COMMAND: " + name);
}

Request parse_request(const Environment& environment, const std::string& input,
                      const ParseOptions& options) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  Request request;
  request.command = parse_command(variable("CNI_COMMAND"));
  const std::vector<std::string> required = required_variables(request.command);
  const std::string missing = missing_variables(environment, required);
  const bool names_address = request.command == Command::kDel && options.del_by_address &&
                             variable("CNI_CONTAINERID").empty() && has_ip_address(input);
  if (!missing.empty() && !names_address)
    throw environment_error("environment variables missing: " + missing);

  if (!required.empty() && !names_address) parse_attachment(environment, request);
  request.args = parse_args(variable("CNI_ARGS"), request.command);
  request.path = split(variable("CNI_PATH"), paths::kListSeparator);
  request.config = parse_config(input);
  parse_verb_config(request);
  return request;
}

std::string answer_version(const std::string& input) {
  // Without exceptions: the first one that a process throws costs it a third of a millisecond.
  const std::string& newest = supported_versions().back();
  const Json document = Json::parse(input, nullptr, false);
  const Json* version = document.is_object() ? Fields(document, "").find("cniVersion") : nullptr;
  if (version == nullptr || !version->is_string()) return newest;
  const std::string text = version->get<std::string>();
  return is_supported(text) ? text : newest;
}

}  // namespace azcni::cni
