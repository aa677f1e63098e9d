#pragma once

#include <string>

#include "azcni/base/json.h"

namespace azcni::network {

/// How containers are connected to their NIC (docs/modes.md).
enum class Mode { kTransparent, kBridge, kTunnel };

std::string to_string(Mode mode);
/// The NIC becomes a port of a bridge, beside the containers.
bool has_bridge(Mode mode);
/// The field "mode" of a record; throws std::exception if it names none.
Mode stored_mode(const Json& record);

}  // namespace azcni::network
