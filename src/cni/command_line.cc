#include "azcni/cni/command_line.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <list>
#include <map>

#include "azcni/base/error.h"
#include "azcni/cni/version.h"

namespace azcni::cni {
namespace {

std::string versions() {
  std::string text;
  for (const std::string& version : supported_versions())
    text += (text.empty() ? "" : ", ") + version;
  return text;
}

/// The first line is what scripts read of the Go plugins: four words.
std::string version_text() {
  return std::string("Azure CNI Version ") + AZCNI_VERSION +
         "\nCNI protocol versions supported: " + versions();
}

}  // namespace

int run_command_line(int argc, char** argv, const std::string& name, const std::string& purpose,
                     const std::vector<CommandLineVerb>& verbs) {
  if (argc < 2) {
    std::cerr << "CNI plugin " << name << " " << AZCNI_VERSION << ": " << purpose
              << ".\nCNI protocol versions supported: " << versions()
              << "\nA container runtime runs it; see " << name << " --help.\n";
    return 0;
  }
  CLI::App app{
      "CNI plugin " + name + ": " + purpose +
          ".\n"
          "A container runtime runs it, with CNI_COMMAND set and its configuration on stdin.",
      name};
  app.set_version_flag("-v,--version", version_text);
  // Go's flags had one dash, and scripts use them.
  if (argv[1] == std::string_view("-version")) argv[1] = const_cast<char*>("--version");
  std::map<std::string, CLI::App*> groups;
  std::list<std::string> arguments;
  for (const CommandLineVerb& verb : verbs) {
    CLI::App*& group = groups[verb.group];
    if (group == nullptr) group = app.add_subcommand(verb.group)->require_subcommand(1);
    CLI::App* command = group->add_subcommand(verb.name, verb.purpose);
    std::string& argument = arguments.emplace_back();
    command->add_option(verb.argument, argument)->required();
    command->callback([&verb, &argument] { verb.run(argument); });
  }
  try {
    CLI11_PARSE(app, argc, argv);
    return 0;
  } catch (const Error& error) {
    std::cerr << name << ": " << error.what() << "\n"
              << (error.details().empty() ? "" : error.details() + "\n");
    return 1;
  }
}

}  // namespace azcni::cni
