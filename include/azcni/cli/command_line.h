#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "azcni/base/json.h"

/// What a person gets who starts a plugin at a terminal.
namespace azcni::cli {

/// What was typed behind a verb.
struct Invocation {
  std::vector<std::string> values;
  std::set<std::string> flags;
  std::map<std::string, std::string> options;  ///< flags with a value
  bool colour = false;  ///< the output goes to a terminal, and NO_COLOR is not set

  bool has(const std::string& flag) const { return flags.count(flag) != 0; }
  std::string option(const std::string& flag, const std::string& otherwise) const {
    const auto found = options.find(flag);
    return found == options.end() ? otherwise : found->second;
  }
};

/// The same twice: for programs, and in words and columns for people.
struct Reply {
  Json document;
  std::string text;
  int status = 0;  ///< the exit status
};

/// "NAME [FLAGS] ARGUMENT", as in `azure-vnet network rm azure`.
struct CommandLineVerb {
  std::string name;      ///< of one or two words
  std::string argument;  ///< empty: none; "NAME": one; "FILE...": one or more
  /// "--dry-run", or "--conf-dir DIR", and what it does.
  std::vector<std::pair<std::string, std::string>> flags;
  std::string purpose;
  std::function<Reply(const Invocation&)> run;  ///< may throw Error
};

struct Program {
  std::string name;
  std::string purpose;
  std::string log_file;
  std::vector<std::string> cni_versions;  ///< that the plugin speaks, for --version
  std::vector<CommandLineVerb> verbs;
};

/// --version, --help, the verbs, each with -o json; and, made of the same list, `completion SHELL`
/// and `man`. Without arguments, a word on stderr of what this is. Returns the exit status.
int run_command_line(int argc, char** argv, const Program& program);

const char* program_version();

/// A document for people, a line a value; what is not UTF-8 in it is replaced.
std::string in_lines(const Json& document);

/// Rows as lines whose columns stand below each other; the first row is the head.
std::string in_columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace azcni::cli
