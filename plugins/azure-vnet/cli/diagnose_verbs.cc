// The verbs that advise: validate, schema, doctor, runtimes, explain.

#include "azcni/base/paths.h"
#include "catalogue.h"
#include "cli.h"
#include "doctor.h"
#include "fields.h"
#include "repair.h"
#include "replies.h"
#include "runtimes.h"

namespace azcni::vnet {
namespace {

/// A path that was typed: one that leads to no file is an error, and no finding.
NodeConfig read_config(const std::string& path) {
  NodeConfig config = read_node_config(path);
  if (!config.is_file) throw Error(ErrorCode::kIo, path + ": " + config.failure);
  return config;
}

cli::Reply validate_files(const cli::Invocation& invocation) {
  std::vector<std::pair<std::string, Complaint>> complaints;
  for (const std::string& path : invocation.values) {
    for (const Complaint& each : validate(read_config(path))) complaints.emplace_back(path, each);
  }
  return validate_reply(complaints, invocation.colour);
}

cli::Reply print_schema(const cli::Invocation& invocation) {
  const Json schema = json_schema();
  if (invocation.has("--markdown")) return {schema, fields_as_markdown()};
  return {schema, cli::in_lines(schema)};
}

/// Nothing may be left to mend silently: what could not be mended stays a finding.
std::vector<network::Finding> apply_fixes(const std::vector<network::Finding>& findings,
                                          Context& context, const std::string& config_folder,
                                          std::string& text) {
  for (const network::Finding& finding : findings) {
    if (!finding.mend) continue;
    try {
      finding.mend();
      text += "mended " + finding.id + ": " + finding.what + "\n";
    } catch (const Error& error) {
      text += "could not mend " + finding.id + ": " + error.what() + "\n";
    }
  }
  try {
    sweep_tables(context, true);  // once lost records are there again
  } catch (const Error& error) {
    text += std::string("could not sweep the tables: ") + error.what() + "\n";
  }
  return diagnose(context, config_folder);
}

cli::Reply doctor(const cli::Invocation& invocation) {
  Context context(network::make_backend({}));
  std::string mended;
  const std::string folder = config_folder_of(invocation);
  std::vector<network::Finding> findings = diagnose(context, folder);
  if (invocation.has("--fix")) findings = apply_fixes(findings, context, folder, mended);
  return doctor_reply(findings, mended, invocation.colour);
}

cli::Reply show_runtimes(const cli::Invocation& invocation) {
  const std::vector<ContainerRuntime> runtimes = find_runtimes();
  if (invocation.has("--link")) return paths_reply(link_plugins(runtimes, paths::program_folder()));
  if (invocation.has("--unlink"))
    return paths_reply(unlink_plugins(runtimes, paths::program_folder()));
  return runtimes_reply(runtimes);
}

cli::Reply explain(const cli::Invocation& invocation) {
  const Explanation& known = explanation_of(invocation.values.front());
  std::string text = std::string(known.id) + ": " + std::string(known.meaning) + "\n";
  if (!known.why.empty()) text += "why: " + std::string(known.why) + "\n";
  if (!known.remedy.empty()) text += "do:  " + std::string(known.remedy) + "\n";
  return {
      {{"id", known.id}, {"meaning", known.meaning}, {"why", known.why}, {"remedy", known.remedy}},
      text};
}

}  // namespace

std::vector<cli::CommandLineVerb> advising_verbs() {
  return {
      {"validate", "FILE...", {}, "check network configurations", validate_files},
      {"schema",
       "",
       {{"--markdown", "as the tables of docs/fields.md"}},
       "print the JSON Schema of the configuration",
       print_schema},
      {"doctor",
       "",
       {kConfigFolderOption, {"--fix", "mend what can be mended safely"}},
       "look for what keeps containers from working, or will",
       doctor},
      {"runtimes",
       "",
       {{"--link", "make links to the plugins where a runtime looks for them, and they are not"},
        {"--unlink", "remove these links"}},
       "show the node's container runtimes, and where they look for configurations and plugins",
       show_runtimes},
      {"explain", "ID", {}, "explain a finding of doctor, or an error's code", explain},
  };
}

}  // namespace azcni::vnet
