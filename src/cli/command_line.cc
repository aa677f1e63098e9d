#include "azcni/cli/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <list>
#include <map>
#include <optional>

#include "azcni/base/environment.h"
#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "manual.h"

namespace azcni::cli {
namespace {

std::string joined(const std::vector<std::string>& versions) {
  std::string text;
  for (const std::string& version : versions) text += (text.empty() ? "" : ", ") + version;
  return text;
}

/// The first line is what scripts read of the Go plugins: four words.
std::string version_text(const Program& program) {
  return std::string("Azure CNI Version ") + AZCNI_VERSION +
         "\nCNI protocol versions supported: " + joined(program.cni_versions);
}

/// The verbs as CLI11 knows them, and what was typed behind each.
class Verbs {
 public:
  Verbs(CLI::App& app, const Program& program) {
    for (const CommandLineVerb& verb : program.verbs) add(app, verb);
  }

  /// Nothing if no verb was given.
  std::optional<int> run(const Program& program) const {
    for (const Entry& entry : entries_) {
      if (!entry.command->parsed()) continue;
      log::open({program.log_file, log::Level::kInfo, entry.verb->name, ""});
      Invocation invocation{
          entry.values, {}, {}, is_terminal() && !environment_variable("NO_COLOR")};
      for (const CLI::Option* flag : entry.flags) {
        if (flag->count() > 0) invocation.flags.insert(flag->get_name());
      }
      for (const CLI::Option* option : entry.options) {
        if (option->count() > 0)
          invocation.options.emplace(option->get_name(), option->as<std::string>());
      }
      const Reply reply = entry.verb->run(invocation);
      std::cout << (entry.format == "json" ? in_lines(reply.document) : reply.text);
      return reply.status;
    }
    return std::nullopt;
  }

 private:
  struct Entry {
    const CommandLineVerb* verb = nullptr;
    CLI::App* command = nullptr;
    std::vector<std::string> values;
    std::vector<CLI::Option*> flags;
    std::vector<CLI::Option*> options;
    std::string format = "text";
  };

  void add(CLI::App& app, const CommandLineVerb& verb) {
    Entry& entry = entries_.emplace_back();
    entry.verb = &verb;
    CLI::App* parent = &app;
    std::string name = verb.name;
    if (const std::size_t space = name.find(' '); space != std::string::npos) {
      CLI::App*& group = groups_[name.substr(0, space)];
      if (group == nullptr) {
        group = app.add_subcommand(name.substr(0, space), verb.purpose)->require_subcommand(1);
      }
      parent = group;
      name = name.substr(space + 1);
    }
    entry.command = parent->add_subcommand(name, verb.purpose);
    if (!verb.argument.empty()) {
      CLI::Option* argument =
          entry.command->add_option(verb.argument, entry.values)->required()->option_text(" ");
      if (!verb.argument.ends_with("...")) argument->expected(1);
    }
    for (const auto& [flag, purpose] : verb.flags) {
      const std::size_t space = flag.find(' ');
      if (space == std::string::npos) {
        entry.flags.push_back(entry.command->add_flag(flag, purpose));
      } else {
        entry.options.push_back(entry.command->add_option(flag.substr(0, space), purpose)
                                    ->option_text(flag.substr(space + 1)));
      }
    }
    entry.command->add_option("-o,--output", entry.format, "text, or json for programs")
        ->check(CLI::IsMember({"text", "json"}));
  }

  std::list<Entry> entries_;
  std::map<std::string, CLI::App*> groups_;
};

/// `program` with the verbs that every program has.
Program with_builtin_verbs(Program program) {
  const Program own = program;
  program.verbs.push_back({"completion",
                           "SHELL",
                           {},
                           "print a completion script: bash or zsh",
                           [own](const Invocation& invocation) -> Reply {
                             const std::string& shell = invocation.values.front();
                             if (shell != "bash" && shell != "zsh")
                               throw Error(ErrorCode::kInvalidEnvironment,
                                           "no completion for " + shell, "bash or zsh");
                             const std::string script = bash_completion(own);
                             return {script, script};
                           }});
  program.verbs.push_back(
      {"man", "", {}, "print the manual page, for `man -l -`", [own](const Invocation&) -> Reply {
         const std::string page = man_page(own);
         return {page, page};
       }});
  return program;
}

}  // namespace

std::string in_lines(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const char* program_version() { return AZCNI_VERSION; }

std::string in_columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

int run_command_line(int argc, char** argv, const Program& bare) {
  const Program program = with_builtin_verbs(bare);
  if (argc < 2) {
    std::cerr << "CNI plugin " << program.name << " " << AZCNI_VERSION << ": " << program.purpose
              << ".\nCNI protocol versions supported: " << joined(program.cni_versions)
              << "\nA container runtime runs it; see " << program.name << " --help.\n";
    return 0;
  }
  CLI::App app{
      "CNI plugin " + program.name + ": " + program.purpose +
          ".\n"
          "A container runtime runs it, with CNI_COMMAND set and its configuration on stdin.",
      program.name};
  app.set_version_flag("-v,--version", [&] { return version_text(program); });
  // Go's flags had one dash, and scripts use them.
  if (argv[1] == std::string_view("-version")) argv[1] = const_cast<char*>("--version");
  const Verbs verbs(app, program);
  try {
    CLI11_PARSE(app, argc, argv);
    return verbs.run(program).value_or(0);
  } catch (const Error& error) {
    std::cerr << program.name << ": " << error.what() << "\n"
              << (error.details().empty() ? "" : error.details() + "\n");
  } catch (const std::exception& error) {
    std::cerr << program.name << ": unexpected failure: " << error.what() << "\n";
  }
  return 1;
}

}  // namespace azcni::cli
