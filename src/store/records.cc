#include "azcni/store/records.h"

#include <charconv>

namespace azcni::store {
namespace {

bool stays(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '_' || c == '-' || c == '@';
}

}  // namespace

std::string to_file_name(const std::string& key) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (stays(c)) {
      name += c;
    } else {
      name += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  return name;
}

std::string from_file_name(const std::string& name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned byte = 0;
    const char* digits = name.data() + i + 1;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      key += static_cast<char>(byte);
      i += 2;
    } else {
      key += name[i];
    }
  }
  return key;
}

}  // namespace azcni::store
