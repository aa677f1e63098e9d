// The verbs that advise: validate, schema, doctor, explain.

#include "azcni/base/file.h"
#include "catalogue.h"
#include "cli.h"
#include "doctor.h"
#include "fields.h"
#include "repair.h"
#include "replies.h"

namespace azcni::vnet {
namespace {

NodeConfig read_config(const std::string& path) {
  const auto text = file::read(path, cni::kMaxConfigBytes);
  if (!text) throw Error(ErrorCode::kIo, "there is no file " + path);
  NodeConfig config{path, *text, nullptr, {}};
  try {
    config.document = parse_json(*text, path);
  } catch (const Error& error) {
    config.failure = error.what();
  }
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
                                          Context& context, std::string& text) {
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
  return diagnose(context);
}

cli::Reply doctor(const cli::Invocation& invocation) {
  Context context(network::make_backend({}));
  std::string mended;
  std::vector<network::Finding> findings = diagnose(context);
  if (invocation.has("--fix")) findings = apply_fixes(findings, context, mended);
  return doctor_reply(findings, mended, invocation.colour);
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
       {{"--fix", "mend what can be mended safely"}},
       "look for what keeps containers from working, or will",
       doctor},
      {"explain", "ID", {}, "explain a finding of doctor, or an error's code", explain},
  };
}

}  // namespace azcni::vnet
