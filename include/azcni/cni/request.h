#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/json.h"
#include "azcni/cni/result.h"

namespace azcni::cni {

enum class Command { kAdd, kDel, kCheck, kGc, kStatus, kVersion };

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

/// What a network is attached by: an interface of a container.
struct Attachment {
  std::string container_id;
  std::string if_name;

  bool operator==(const Attachment&) const = default;
};

/// The key of a GC's configuration: the attachments that its caller knows.
inline constexpr const char* kValidAttachments = "cni.dev/valid-attachments";
/// The same in drafts of the specification, and in runtimes that were made by them.
inline constexpr const char* kDraftValidAttachments = "cni.dev/attachments";
/// When that list was true, in microseconds since the boot: a key of our own, by which azure-vnet
/// passes on the time of the call that it had itself. An IPAM plugin is called later, and must not
/// take back what was handed out meanwhile.
inline constexpr const char* kListedAt = "azure-vnet/listed-at";
/// No runtime's list is older than that when it arrives: libcni makes it, runs a DEL for each stale
/// attachment of its cache and the GC of other plugins, then calls us.
inline constexpr std::chrono::minutes kOldestList{2};

/// One call of a plugin: its environment and configuration, checked. GC, STATUS and VERSION are
/// about no container: what names one is empty.
struct Request {
  Command command = Command::kVersion;
  std::string container_id;
  std::string netns;  ///< path of the namespace; may be empty for DEL
  std::string if_name;
  std::map<std::string, std::string> args;  ///< of CNI_ARGS
  std::vector<std::string> path;            ///< folders of CNI_PATH
  NetworkConfig config;
  /// Of GC: the caller's list; nothing if it sent none (cnitool).
  std::optional<std::vector<Attachment>> valid;
  std::optional<std::chrono::microseconds> listed_at;  ///< of GC: kListedAt, if it is there

  /// True if the list has it.
  bool is_valid(const Attachment& attachment) const;

  /// The value of a key of CNI_ARGS; empty if absent.
  std::string arg(const std::string& key) const;
};

/// Reads a variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Longest configuration that is read.
inline constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// Throws Error(kInvalidEnvironment) for a CNI_COMMAND that we don't know.
Command parse_command(const std::string& name);

/// What a plugin takes beyond the specification.
struct ParseOptions {
  /// A DEL may leave out its container and name an address instead, as ipam.ipAddress: for tools
  /// that keep nothing but the address.
  bool del_by_address = false;
};

/// Everything checked that the specification lets us check: the variables (missing ones all named
/// at once, code 4), identifiers, version (1), name (7), and that CHECK and GC have what they need.
Request parse_request(const Environment& environment, const std::string& input,
                      const ParseOptions& options = {});

/// What VERSION and errors need of a configuration that may be broken: the version asked for, else
/// our newest.
std::string answer_version(const std::string& input);

}  // namespace azcni::cni
