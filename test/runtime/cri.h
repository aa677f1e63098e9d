#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cri.grpc.pb.h"

namespace azcni::test {

/// What the runtime says of a pod that runs.
struct Sandbox {
  std::string id;
  std::string ip;
  std::string netns;  ///< as the runtime sees it
};

/// A client of a container runtime, as kubelet is one. Calls of several threads go side by side.
/// Failures throw std::runtime_error with the runtime's words.
class Cri {
 public:
  /// Waits until the runtime answers and has a network, at most kPatience.
  explicit Cri(const std::string& socket);

  struct Pod {
    std::string name;
    std::string cgroup_parent;
    int host_port = 0;  ///< to port 80 of the pod; 0: none
  };
  Sandbox run(const Pod& pod);
  void stop(const std::string& id);
  void remove(const std::string& id);
  std::vector<std::string> list();
  /// What the runtime says that it lacks, the network among it; empty if it is ready.
  std::string obstacles();

 private:
  Sandbox status(const std::string& id);

  std::unique_ptr<runtime::v1::RuntimeService::Stub> stub_;
};

}  // namespace azcni::test
