#include "azcni/base/json.h"

#include <algorithm>
#include <limits>

namespace azcni {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Json parse_json(std::string_view text, const std::string& what) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kDecoding, what + " is not JSON: " + error.what());
  }
}

std::string to_utf8(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

Fields::Fields(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {
  if (value.is_object()) return;
  throw Error(ErrorCode::kInvalidConfig, (path_.empty() ? std::string("the document") : path_) +
                                             ": expected an object, not " + value.type_name());
}

const Json* Fields::find(std::string_view key) const {
  auto found = value_->find(key);
  for (auto it = value_->begin(); found == value_->end() && it != value_->end(); ++it) {
    if (same_but_for_case(it.key(), key)) found = it;
  }
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) throw expected(key, "a string");
  return value->get<std::string>();
}

bool Fields::flag(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) throw expected(key, "true or false");
  return value->get<bool>();
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  const auto is_text = [](const Json& element) { return element.is_string(); };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_text)) {
    throw expected(key, "a list of strings");
  }
  return value->get<std::vector<std::string>>();
}

std::optional<std::uint32_t> Fields::number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMax) {
    throw expected(key, "a whole number from 0 to " + std::to_string(kMax));
  }
  return value->get<std::uint32_t>();
}

std::optional<std::uint64_t> Fields::large_number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned()) throw expected(key, "a whole number, 0 or more");
  return value->get<std::uint64_t>();
}

std::optional<Fields> Fields::object(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  return Fields(*value, path_of(key));
}

std::vector<Fields> Fields::objects(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) throw expected(key, "a list of objects");
  std::vector<Fields> elements;
  for (std::size_t i = 0; i < value->size(); ++i) {
    elements.emplace_back((*value)[i], path_of(key) + "[" + std::to_string(i) + "]");
  }
  return elements;
}

std::string Fields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Error Fields::expected(std::string_view key, const std::string& what) const {
  const Json* value = find(key);
  std::string given =
      value == nullptr ? "nothing" : value->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (given.size() > 80) given.replace(77, std::string::npos, "...");
  return {ErrorCode::kInvalidConfig, path_of(key) + ": expected " + what + ", not " + given};
}

}  // namespace azcni
