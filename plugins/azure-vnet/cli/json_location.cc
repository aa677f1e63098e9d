#include "json_location.h"

#include "azcni/base/json.h"

namespace azcni::vnet {
namespace {

/// Walks over a JSON text that is known to be well formed.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) { skip_blanks(); }

  std::size_t offset() const { return at_; }

  /// Goes to the value of a key or index of the value here; false if there is none.
  bool enter(const std::string& step) {
    if (at_ >= text_.size() || (text_[at_] != '{' && text_[at_] != '[')) return false;
    const bool is_object = text_[at_] == '{';
    ++at_;
    skip_blanks();
    for (std::size_t index = 0; at_ < text_.size() && text_[at_] != '}' && text_[at_] != ']';
         ++index) {
      std::string name = std::to_string(index);
      if (is_object) {
        const std::size_t begin = at_;
        skip_value();
        name = Json::parse(text_.substr(begin, at_ - begin)).get<std::string>();
        skip_blanks();
        ++at_;  // the colon
        skip_blanks();
      }
      if (name == step) return true;
      skip_value();
      skip_blanks();
      if (at_ < text_.size() && text_[at_] == ',') ++at_;
      skip_blanks();
    }
    return false;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  /// A text, or all up to the end of a number, a word, or what is nested.
  void skip_value() {
    int depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
          if (text_[at_] == '\\') ++at_;
        }
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      const bool is_word = c != '"' && c != '}' && c != ']';
      if (depth == 0 && (!is_word || at_ >= text_.size() ||
                         std::string_view(" \t\r\n,]}:").find(text_[at_]) != text_.npos))
        return;
    } while (at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

JsonLocation location_of(std::string_view text, std::size_t offset) {
  JsonLocation location;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++location.line;
      location.column = 1;
    } else {
      ++location.column;
    }
  }
  return location;
}

JsonLocation find_value(std::string_view text, const std::vector<std::string>& path) {
  Walker walker(text);
  std::size_t offset = walker.offset();
  for (const std::string& step : path) {
    if (!walker.enter(step)) break;
    offset = walker.offset();
  }
  return location_of(text, offset);
}

}  // namespace azcni::vnet
