#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azcni::vnet {

/// Where in a text, counted from 1.
struct JsonLocation {
  std::size_t line = 1;
  std::size_t column = 1;
};

JsonLocation location_of(std::string_view text, std::size_t offset);

/// Where a value stands in a JSON text that is well formed; `path` are keys and indices. The
/// nearest one above it that is there, if it is not.
JsonLocation find_value(std::string_view text, const std::vector<std::string>& path);

}  // namespace azcni::vnet
