#pragma once

#include <string>
#include <vector>

#include "azcni/cni/request.h"

/// The node as its runtime sees it: the configurations it reads, and the plugins beside us.
namespace azcni::vnet {

/// A file of the folder, in the order in which a runtime takes them.
struct NodeConfig {
  std::string path;
  std::string text;
  Json document;        ///< null if it is not JSON
  std::string failure;  ///< of parsing
};

/// *.conflist, *.conf and *.json of a folder.
std::vector<NodeConfig> read_node_configs(const std::string& folder);

/// The plugins of a configuration, of a list or alone, each with the list's name and version, as a
/// runtime would send it.
std::vector<Json> plugins_of(const Json& document);

/// The azure-vnet plugins of a folder's configurations.
std::vector<Json> azure_networks(const std::string& folder);

/// A GC that names these attachments as valid, for a network of the node.
cni::Request gc_request(const Json& network, const std::vector<cni::Attachment>& valid);

}  // namespace azcni::vnet
