#pragma once

#include "azcni/base/json.h"
#include "azcni/network/backend.h"
#include "azcni/store/store.h"

namespace azcni::vnet {

/// True if the document is a Go plugin's state, from /var/run/azure-vnet.json.
bool is_legacy(const Json& document);

/// The attachments of such a state.
void import_legacy(const store::Store& store, const Json& state, network::Backend& backend);

}  // namespace azcni::vnet
