#include "azcni/cni/version.h"

#include <algorithm>

#include "azcni/base/error.h"

namespace azcni::cni {

const std::vector<std::string>& supported_versions() {
  static const std::vector<std::string> versions{"0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                                 "0.4.0", "1.0.0", "1.1.0"};
  return versions;
}

bool is_supported(const std::string& version) {
  const auto& versions = supported_versions();
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

void require_supported(const std::string& version) {
  if (is_supported(version)) return;
  std::string ours;
  for (const std::string& each : supported_versions()) ours += (ours.empty() ? "" : ", ") + each;
  throw Error(ErrorCode::kIncompatibleVersion, "cniVersion: \"" + version + "\" is not supported",
              "supported versions: " + ours);
}

bool at_least(std::string_view version, std::string_view other) {
  // All of them are of the form digit.digit.digit, where the order of text is the order of age.
  return version >= other;
}

}  // namespace azcni::cni
