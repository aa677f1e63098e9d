#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azcni::cni {

/// The versions of the CNI specification that both plugins speak, oldest first.
const std::vector<std::string>& supported_versions();

bool is_supported(const std::string& version);

/// Throws Error(kIncompatibleVersion) for a version that we lack.
void require_supported(const std::string& version);

/// True if `version`, a supported one, is `other` or came after it.
bool at_least(std::string_view version, std::string_view other);

}  // namespace azcni::cni
