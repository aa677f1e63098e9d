#pragma once

#include <chrono>
#include <memory>

#include "azcni/network/backend.h"

namespace azcni::network {

/// One version of HNS, as the backend uses it: networks and endpoints by name.
class HnsApi {
 public:
  virtual ~HnsApi() = default;

  /// HNS's id of the network; empty if there is none of that name.
  virtual std::string find_network(const std::string& name) = 0;
  /// What make_network() takes.
  virtual Json network_document(const NetworkSpec& spec) = 0;
  /// Makes it, or finds that somebody else just did; returns its id.
  virtual std::string make_network(const std::string& name, const Json& document) = 0;
  /// No error if it is gone.
  virtual void remove_network(const std::string& name) = 0;

  /// This attachment's document; null if there is none. A name is short for many containers: one of
  /// another that is in use is none of ours.
  virtual Json find_endpoint(const EndpointSpec& endpoint) = 0;
  virtual std::vector<Json> endpoints_of(const std::string& network) = 0;
  /// True if a container that lives has the endpoint.
  virtual bool is_in_use(const Json& document) = 0;
  /// True if this attachment's container, or its namespace, has it.
  virtual bool is_in_container(const Json& document, const EndpointSpec& endpoint) = 0;
  virtual std::vector<std::string> addresses_of(const Json& document) = 0;

  virtual void create_endpoint(const std::string& network, const EndpointSpec& endpoint,
                               const Addressing& addressing, const EndpointOptions& options) = 0;
  /// Puts it into the container. Throws Error(kInvalidNetns) if that is not there.
  virtual void attach_endpoint(const Json& document, const EndpointSpec& endpoint) = 0;
  /// No error if it is gone, or its container is.
  virtual void remove_endpoint(const Json& document) = 0;
  /// Gives the endpoint to one more container of the pod; false where each has its own.
  virtual bool share(const EndpointSpec& endpoint, const std::string& container_id) = 0;
};

/// Host Compute Network: for containers with a namespace, a GUID.
std::unique_ptr<HnsApi> make_hcn_v2(std::chrono::milliseconds limit);
/// Host Networking Service: for all others.
std::unique_ptr<HnsApi> make_hns_v1(std::chrono::milliseconds limit);

}  // namespace azcni::network
