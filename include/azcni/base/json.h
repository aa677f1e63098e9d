#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "azcni/base/error.h"

namespace azcni {

using Json = nlohmann::json;

/// Text → JSON, all of it; throws Error(kDecoding) that names `what` was read.
Json parse_json(std::string_view text, const std::string& what);

/// The text with a replacement character for what is not UTF-8 in it, which JSON can't hold.
std::string to_utf8(const std::string& text);

/// A JSON object read field by field: keys in any letter case (Go decoded them so, and files rely
/// on it), an exact match preferred; null counts as absent. Errors are kInvalidConfig and name the
/// field's path, e.g. "ipam.queryInterval".
class Fields {
 public:
  /// Throws unless `value` is an object. `path` is "" for the document itself. `value` must outlive
  /// the fields.
  Fields(const Json& value, std::string path);

  const Json* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  /// The empty string, false, or no elements if absent.
  std::string text(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// An unsigned number of at most 32 bits.
  std::optional<std::uint32_t> number(std::string_view key) const;
  /// An unsigned number of at most 64 bits.
  std::optional<std::uint64_t> large_number(std::string_view key) const;

  /// The fields of an object or of each element of a list of objects.
  std::optional<Fields> object(std::string_view key) const;
  std::vector<Fields> objects(std::string_view key) const;

  std::string path_of(std::string_view key) const;
  /// "ipam.subnet: expected a CIDR, not "abc""
  Error expected(std::string_view key, const std::string& what) const;

 private:
  const Json* value_;
  std::string path_;
};

}  // namespace azcni
