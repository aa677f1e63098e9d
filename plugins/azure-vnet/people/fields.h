#pragma once

#include <string>
#include <vector>

#include "azcni/base/json.h"

namespace azcni::vnet {

/// What a value may be; each is a JSON type, or a text of a certain form.
enum class FieldKind {
  kText,
  kFlag,
  kNumber,
  kSeconds,    ///< a number, or the same as a text
  kTexts,      ///< a list
  kAddress,    ///< IPv4 or IPv6
  kAddresses,  ///< a list
  kCidr,
  kCidrs,  ///< a list, or a text with commas
  kInterface,
  kUrl,
  kObject,
  kObjects,  ///< a list
};

/// One documented field: from here come `validate`, the JSON Schema, and the tables of
/// docs/configuration.md.
struct FieldDefinition {
  std::string path;  ///< "ipam.queryInterval"
  FieldKind kind;
  std::vector<std::string> values;  ///< if only these; the first is the usual one
  std::string fallback;             ///< what an absent field means
  std::string meaning;
};

const std::vector<FieldDefinition>& field_definitions();

/// Of a list, beside its plugins.
const std::vector<FieldDefinition>& list_definitions();

/// For editors: draft-07, of a configuration list with azure-vnet in it.
Json json_schema();

}  // namespace azcni::vnet
