#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "azcni/base/json.h"

namespace azcni::vnet {

/// What a value may be; each is a JSON type, or a text of a certain form.
enum class FieldKind {
  kText,
  kFlag,
  kNumber,
  kSeconds,   ///< a number, or the same as a text
  kTexts,     ///< a list
  kAddress,   ///< IPv4 or IPv6
  kNetworks,  ///< a list of addresses and CIDRs
  kCidr,
  kCidrs,  ///< a list, or a text with commas
  kInterface,
  kUrl,
  kObject,
  kObjects,  ///< a list
};

/// One documented field: from here come `validate`, the JSON Schema, and docs/fields.md. What is
/// within an object is below it.
///
///     {"ipam", FieldKind::kObject, "", "required", "the IPAM plugin"},
///     {"ipam.ipFamilies", FieldKind::kTexts, "IPv4 IPv6", "IPv4", "one address of each"},
///     {"ipam.queryTimeout", FieldKind::kSeconds, "", "10", "of one query, connecting included"},
struct FieldDefinition {
  std::string_view path;  ///< "ipam.queryInterval"
  FieldKind kind;
  std::string_view values;    ///< if only these: separated by blanks
  std::string_view fallback;  ///< what an absent field means
  std::string_view meaning;

  std::vector<std::string> choice() const;
};

std::span<const FieldDefinition> field_definitions();

/// The keys that lead to it, from the plugin's object on: a key may have dots itself.
std::vector<std::string> keys_of(const FieldDefinition& field);

/// Of a list, beside its plugins.
std::span<const FieldDefinition> list_definitions();

/// For readers: docs/fields.md.
std::string fields_as_markdown();

/// For editors: draft-07, of a configuration list with azure-vnet in it.
Json json_schema();

}  // namespace azcni::vnet
