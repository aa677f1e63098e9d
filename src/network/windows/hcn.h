#pragma once

#include <guiddef.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "azcni/base/json.h"

namespace azcni::network {

/// The Host Compute Network API, version 2 (computenetwork.dll): its objects as JSON documents.
/// Every call is bounded in time. Throws HnsError, Error(kTryAgain) when HNS does not answer,
/// Error(kSystem) where the DLL is missing.
class Hcn {
 public:
  explicit Hcn(std::chrono::milliseconds limit) : limit_(limit) {}

  /// The documents of all that fit the filter, e.g. {"Name": "azure"}; what vanishes meanwhile is
  /// left out.
  std::vector<Json> find_networks(const Json& filter) const;
  std::vector<Json> find_endpoints(const Json& filter) const;
  std::optional<Json> find_namespace(const GUID& id) const;

  void create_network(const GUID& id, const Json& settings) const;
  void delete_network(const GUID& id) const;
  void create_endpoint(const GUID& network, const GUID& id, const Json& settings) const;
  void delete_endpoint(const GUID& id) const;
  void modify_namespace(const GUID& id, const Json& request) const;

 private:
  std::chrono::milliseconds limit_;
};

}  // namespace azcni::network
