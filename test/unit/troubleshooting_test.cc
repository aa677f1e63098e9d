// docs/troubleshooting.md, held against what is really printed.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// All sources, each literal that goes over several lines in one piece.
std::string all_literals() {
  std::string text;
  for (const char* root : {"src", "plugins"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(AZCNI_SOURCE) / root))
      if (entry.path().extension() == ".cc") text += read_file(entry.path());
  }
  return std::regex_replace(text, std::regex("\"\\s+\""), "");
}

/// The messages of the second column, each in `…`, of the section on the node's own daemons.
std::vector<std::string> messages() {
  const std::string text = read_file(AZCNI_SOURCE "/docs/troubleshooting.md");
  std::istringstream lines(text.substr(text.find("## The node's own daemons")));
  std::vector<std::string> found;
  const std::regex row(R"(^\| [^|]+ \| `([^|]+)` \|.*)");
  std::smatch parts;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, parts, row)) found.push_back(parts[1]);
  }
  return found;
}

// Catches: a reader who searches the documentation for what a log or doctor says, and does not find
// it since the text was changed. "…" stands for what differs.
TEST(Troubleshooting, HasMessagesAsTheyArePrinted) {
  const std::string literals = all_literals();
  const std::vector<std::string> all = messages();
  EXPECT_GE(all.size(), 10U);
  for (const std::string& message : all) {
    const std::string rest = std::regex_replace(message, std::regex(" ?… ?"), "\n");
    std::istringstream pieces(rest);
    for (std::string piece; std::getline(pieces, piece);)
      EXPECT_NE(literals.find(piece), std::string::npos) << piece << "\nof " << message;
  }
}

}  // namespace
