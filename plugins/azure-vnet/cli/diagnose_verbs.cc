// The verbs that advise: validate, schema, doctor, explain.

#include "azcni/base/file.h"
#include "catalogue.h"
#include "cli.h"
#include "doctor.h"
#include "fields.h"
#include "validate.h"

namespace azcni::vnet {
namespace {

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kPlain = "\x1b[0m";

std::string painted(const std::string& text, const char* colour,
                    const cli::Invocation& invocation) {
  return invocation.colour ? colour + text + kPlain : text;
}

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
  Json list = Json::array();
  std::string text;
  bool fine = true;
  for (const std::string& path : invocation.values) {
    for (const Complaint& each : validate(read_config(path))) {
      const std::string severity = each.is_error ? "error" : "warning";
      fine = fine && !each.is_error;
      list.push_back({{"file", path},
                      {"line", each.location.line},
                      {"column", each.location.column},
                      {"severity", severity},
                      {"message", each.message}});
      text += path + ":" + std::to_string(each.location.line) + ":" +
              std::to_string(each.location.column) + ": " +
              painted(severity, each.is_error ? kRed : kYellow, invocation) + ": " + each.message +
              "\n";
    }
  }
  if (list.empty()) text = painted("valid", kGreen, invocation) + "\n";
  return {list, text, fine ? 0 : 1};
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
  return diagnose(context);
}

cli::Reply doctor(const cli::Invocation& invocation) {
  Context context(network::make_backend({}));
  std::string text;
  std::vector<network::Finding> findings = diagnose(context);
  if (invocation.has("--fix")) findings = apply_fixes(findings, context, text);
  Json list = Json::array();
  bool fine = true;
  for (const network::Finding& finding : findings) {
    const Explanation& known = explanation_of(finding.id);
    fine = fine && !known.is_error;
    const std::string severity = known.is_error ? "error" : "warning";
    list.push_back({{"id", finding.id},
                    {"severity", severity},
                    {"what", finding.what},
                    {"why", known.why},
                    {"command", finding.command},
                    {"fixable", static_cast<bool>(finding.mend)}});
    text += painted(severity, known.is_error ? kRed : kYellow, invocation) + " " + finding.id +
            ": " + finding.what + "\n  why: " + std::string(known.why) +
            "\n  do:  " + finding.command + (finding.mend ? "   (or --fix)" : "") + "\n";
  }
  if (findings.empty()) text += painted("nothing amiss", kGreen, invocation) + "\n";
  return {list, text, fine ? 0 : 1};
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
