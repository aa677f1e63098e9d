#pragma once

#include <chrono>
#include <memory>

#include "azcni/network/backend.h"

namespace azcni::network {

/// One version of HNS, as the backend uses it: networks and endpoints by name.
class HnsVersion {
 public:
  virtual ~HnsVersion() = default;

  /// HNS's id of the network; empty if there is none of that name.
  virtual std::string find_network(const std::string& name) = 0;
  /// Makes it, or finds that somebody else just did; returns its id.
  virtual std::string make_network(const NetworkSpec& spec) = 0;
  /// No error if it is gone.
  virtual void remove_network(const std::string& name) = 0;

  /// The endpoint's document; null if there is none.
  virtual Json find_endpoint(const EndpointSpec& endpoint) = 0;
  /// True if the container, or its namespace, has the endpoint.
  virtual bool is_in_container(const Json& document, const EndpointSpec& endpoint) = 0;
  /// Makes it and gives it to the container; returns its document. Leaves nothing on failure.
  virtual Json make_endpoint(const std::string& network, const EndpointSpec& endpoint,
                             const Addressing& addressing, const EndpointOptions& options) = 0;
  /// No error if it is gone, or its container is.
  virtual void remove_endpoint(const EndpointSpec& endpoint) = 0;
  virtual std::vector<std::string> addresses_of(const Json& document) = 0;
  /// Gives the endpoint to one more container of the pod; false where each has its own.
  virtual bool share(const EndpointSpec& endpoint, const std::string& container_id) = 0;
};

/// Host Compute Network: for containers with a namespace, a GUID.
std::unique_ptr<HnsVersion> make_v2(std::chrono::milliseconds limit);
/// Host Networking Service: for all others.
std::unique_ptr<HnsVersion> make_v1(std::chrono::milliseconds limit);

}  // namespace azcni::network
