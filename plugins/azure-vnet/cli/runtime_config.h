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
  Json document;        ///< null if no runtime can read it; with the plugins of its drop-ins
  std::string failure;  ///< of reading or parsing
  bool is_file = true;  ///< else a folder, or a link that leads nowhere
  std::vector<std::string> drop_ins = {};  ///< files of the last plugins of the document's list
};

/// With what runtimes with libcni 1.3 add to a list: NAME/*.conf beside the file.
NodeConfig parse_node_config(const std::string& path, std::string text);
NodeConfig read_node_config(const std::string& path);

/// *.conflist, *.conf and *.json of a folder.
std::vector<NodeConfig> read_node_configs(const std::string& folder);

/// The plugins of a configuration, of a list or alone, each with the list's name and version, as a
/// runtime would send it.
std::vector<Json> plugins_of(const Json& document);

/// The azure-vnet plugins of a configuration, and of what Multus delegates to there.
std::vector<Json> azure_networks_of(const Json& document);
/// Those of a folder's configurations.
std::vector<Json> azure_networks(const std::string& folder);

/// True if a pod that the runtime attaches by `first` gets the network of `ours`: it is that file,
/// or one of Multus that leads there.
bool leads_to(const NodeConfig& first, const NodeConfig& ours);

/// A GC that names these attachments as valid, for a network of the node.
cni::Request gc_request(const Json& network, const std::vector<cni::Attachment>& valid);

}  // namespace azcni::vnet
