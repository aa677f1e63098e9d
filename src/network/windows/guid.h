#pragma once

#include <guiddef.h>

#include <optional>
#include <string>

namespace azcni::network {

/// "a1b2c3d4-…", 36 characters without braces, as HNS writes them; in braces, or after "urn:uuid:",
/// too. Nothing if it is none.
std::optional<GUID> parse_guid(const std::string& text);
/// Lower case, without braces.
std::string to_string(const GUID& guid);
/// The same for the same name, always: what is made by it is found by it.
GUID guid_of(const std::string& name);

}  // namespace azcni::network
