#include "manual.h"

#include <algorithm>

namespace azcni::cli {
namespace {

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

/// A dash that is typed, and not a hyphen.
std::string typed(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
  return escaped;
}

}  // namespace

std::string bash_completion(const Program& program) {
  std::string words = "--help --version", cases;
  for (const CommandLineVerb& verb : program.verbs) {
    const std::string first = first_word(verb.name);
    if ((" " + words + " ").find(" " + first + " ") == std::string::npos) words += " " + first;
    std::string next = first.size() < verb.name.size() ? verb.name.substr(first.size() + 1) : "";
    if (next.empty()) next = "-o";
    for (const auto& flag : verb.flags) next += " " + first_word(flag.first);
    cases += "    " + first + ") words=\"" + next + "\" ;;\n";
  }
  std::string function = "_" + program.name;
  std::replace(function.begin(), function.end(), '-', '_');
  return "# Completion of " + program.name + " for bash; for zsh after `bashcompinit`.\n" +
         function + "() {\n  local words=\"" + words +
         "\"\n  case \"${COMP_WORDS[1]-}\" in\n    \"$2\") ;;\n" + cases +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -o default -- \"$2\")\n}\ncomplete -F " +
         function + " " + program.name + "\n";
}

std::string man_page(const Program& program) {
  std::string page =
      ".TH " + program.name + " 8 \"\" \"" + program_version() +
      "\" \"Azure CNI plugins\"\n.SH NAME\n" + typed(program.name) + " \\- " + program.purpose +
      "\n.SH SYNOPSIS\n.B " + typed(program.name) +
      "\n.I VERB\n[\\-o json]\n.SH DESCRIPTION\n"
      "A container runtime runs it, with CNI_COMMAND set and its configuration on "
      "standard input.\nFor people it has these verbs; each prints text, or with\n.B "
      "\\-o json\na document for programs.\n.SH VERBS\n";
  for (const CommandLineVerb& verb : program.verbs) {
    page += ".TP\n.B " + typed(verb.name);
    if (!verb.argument.empty()) page += " \\fI" + verb.argument + "\\fR";
    page += "\n" + verb.purpose + ".\n";
    for (const auto& [flag, purpose] : verb.flags)
      page += ".br\n.B " + typed(flag) + "\n" + purpose + ".\n";
  }
  return page +
         ".SH EXIT STATUS\n0: done, nothing amiss. 1: an error, or findings.\n.SH FILES\n"
         "/etc/cni/net.d, /var/run/azure\\-vnet, /var/run/azure\\-vnet\\-ipam, "
         "/var/log/azure\\-vnet.log\n";
}

}  // namespace azcni::cli
