#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/cni/result.h"

namespace azcni::cni {

enum class Command { kAdd, kDel, kCheck, kVersion };

/// The configuration that arrived on stdin: what every plugin needs of it, typed, and the document
/// for the plugin's own parser and for delegates.
struct NetworkConfig {
  std::string cni_version;  ///< "0.1.0" where none is given, as the specification says
  std::string name;
  Json document;
  std::string text;  ///< byte for byte as it arrived

  /// The fields of the document, in any letter case.
  Fields fields() const { return Fields(document, ""); }
  std::string ipam_type() const;
  /// The result of the ADD that the runtime hands back to CHECK and DEL.
  std::optional<Result> prev_result() const;
};

/// One call of a plugin: its environment and configuration, checked.
struct Request {
  Command command = Command::kVersion;
  std::string container_id;
  std::string netns;  ///< path of the namespace; may be empty for DEL
  std::string if_name;
  std::map<std::string, std::string> args;  ///< of CNI_ARGS
  std::vector<std::string> path;            ///< folders of CNI_PATH
  NetworkConfig config;

  /// The value of a key of CNI_ARGS; empty if absent.
  std::string arg(const std::string& key) const;
};

/// Reads a variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Longest configuration that is read.
inline constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// Throws Error(kInvalidEnvironment) for a CNI_COMMAND that we don't know.
Command parse_command(const std::string& name);

/// Everything checked that the specification lets us check: the variables (missing ones all named
/// at once, code 4), identifiers, version (1), name (7), and that CHECK has what it needs.
Request parse_request(const Environment& environment, const std::string& input);

/// What VERSION and errors need of a configuration that may be broken: the version asked for, else
/// our newest.
std::string answer_version(const std::string& input);

}  // namespace azcni::cni
