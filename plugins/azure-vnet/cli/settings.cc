#include "settings.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace azcni::vnet {
namespace {

constexpr const char* kQuotes = "\"'";

std::string without(std::string text, std::string_view letters) {
  std::erase_if(text, [&](char c) { return letters.find(c) != std::string_view::npos; });
  return text;
}

/// The texts of a line, and where a comment begins that none of them has.
struct Quoted {
  std::vector<std::string> texts;
  std::size_t end = std::string::npos;
};

Quoted quoted_in(const std::string& line) {
  Quoted quoted;
  for (std::size_t at = 0; (at = line.find_first_of("\"'#", at)) != std::string::npos; ++at) {
    if (line[at] == '#') {
      quoted.end = at;
      break;
    }
    const std::size_t begin = at + 1;
    at = line.find(line[at], begin);
    if (at == std::string::npos) break;
    quoted.texts.push_back(line.substr(begin, at - begin));
  }
  return quoted;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

std::vector<Setting> parse_settings(const std::string& text) {
  std::vector<Setting> settings;
  std::string table;
  bool is_in_list = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line.substr(0, quoted_in(line).end));
    if (is_in_list) {
      const std::vector<std::string> more = quoted_in(line).texts;
      auto& texts = settings.back().texts;
      texts.insert(texts.end(), more.begin(), more.end());
      is_in_list = line.find(']') == std::string::npos;
      continue;
    }
    if (line.starts_with('[')) {
      table = without(line, "[]\"' ") + ".";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = trimmed(line.substr(0, equals));
    const std::string value = trimmed(line.substr(equals + 1));
    settings.push_back({table + without(key, kQuotes), quoted_in(value).texts});
    is_in_list = value.starts_with('[') && !value.ends_with(']');
  }
  return settings;
}

}  // namespace azcni::vnet
