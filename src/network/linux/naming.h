#pragma once

/// How the names begin that we give links and tables: by that we know our own.
namespace azcni::network {

/// Containers' links on the host, as the Go plugins named them: other software looks for these.
inline constexpr const char* kLinkPrefix = "azv";

/// nf_tables' tables: the NIC's name (bridge) or the network's (inet) follows.
inline constexpr const char* kTablePrefix = "azure_vnet_";

}  // namespace azcni::network
