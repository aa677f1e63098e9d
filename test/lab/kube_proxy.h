#pragma once

#include <string>
#include <vector>

#include "lab.h"

namespace azcni::lab {

/// A Service of Kubernetes, by TCP and by UDP.
struct Service {
  std::string name;
  std::string cluster_ip;
  int port = 80;
  int node_port = 0;                   ///< 0: none
  bool is_local = false;               ///< externalTrafficPolicy: Local
  bool has_affinity = false;           ///< sessionAffinity: ClientIP
  std::vector<std::string> endpoints;  ///< "ADDRESS:PORT", IPv4
  std::vector<std::string> local_endpoints = {};
};

/// What kube-proxy of 1.34 makes of Services, in tables of that kind.
enum class KubeProxy { kIptables, kNftables };

/// Rules in the node's kernel, in place of those before. `pods`: how the names of links begin that
/// its pods send by (detect-local-mode InterfaceNamePrefix); empty: not told, as without a
/// cluster CIDR.
void serve(const Vm& node, KubeProxy kind, const std::vector<Service>& services,
           const std::string& pods = {});

}  // namespace azcni::lab
