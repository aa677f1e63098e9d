#pragma once

#include <string>
#include <vector>

#include "json_location.h"
#include "runtime_config.h"

namespace azcni::vnet {

/// Something that is wrong, or probably not meant, in a configuration.
struct Complaint {
  JsonLocation location;
  bool is_error = true;  ///< else a warning
  std::string message;
};

/// A configuration, of a list or of a plugin alone: JSON, fields, types, values, versions and
/// capabilities. What other plugins of the list want is theirs.
std::vector<Complaint> validate(const NodeConfig& config);

}  // namespace azcni::vnet
