#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "azcni/base/json.h"

namespace azcni::network {

/// The Host Networking Service, version 1 (vmcompute.dll): methods and paths, as of a web server,
/// and what belongs to it of the Host Compute Service. Bounds and errors as of Hcn.
class Hns {
 public:
  explicit Hns(std::chrono::milliseconds limit) : limit_(limit) {}

  /// `Output` of the answer; null where it has none. `body`: of POST.
  Json call(const std::string& method, const std::string& path, const Json& body = nullptr) const;

  /// Networks or endpoints of that name, in any letter case; HNS itself can't search.
  std::vector<Json> find(const std::string& collection, const std::string& name) const;

  bool is_running(const std::string& container_id) const;

  /// Gives a running container an endpoint.
  void hot_attach(const std::string& container_id, const std::string& endpoint_id) const;

 private:
  std::chrono::milliseconds limit_;
};

/// The same but for letter case: HNS's ids and names.
bool same_text(const std::string& a, const std::string& b);

}  // namespace azcni::network
