#pragma once

#include <memory>
#include <string>

#include "azcni/base/paths.h"
#include "azcni/network/backend.h"
#include "azcni/store/lock_table.h"
#include "azcni/store/records.h"

namespace azcni::vnet {

/// A look at all attachments.
struct Look {
  std::chrono::microseconds at{0};  ///< since the boot
  std::string trouble = {};         ///< what could not be put back; empty: none
};

inline constexpr const char* kLastLook = "last";

void to_json(Json& json, const Look& look);
void from_json(const Json& json, Look& look);

/// The parts that the verbs work on, put together once for each call.
struct Context {
  /// The manifest is beside the folder of records.
  explicit Context(std::unique_ptr<network::Backend> system,
                   const std::string& folder = paths::state_folder("azure-vnet"));

  const std::chrono::microseconds began = store::uptime();  ///< this call
  std::unique_ptr<network::Backend> backend;
  store::Store store;
  store::LockTable locks;
  store::Records<network::NicRecord> nics;            ///< by name
  store::Records<network::NetworkRecord> networks;    ///< see network.h
  store::Records<network::EndpointRecord> endpoints;  ///< by EndpointId::key()
  /// Of GC: attachments that its list did not name, and may be too old to: their writtenAt.
  store::Records<std::int64_t> unnamed;
  store::Records<Look> looked;  ///< the last one, by kLastLook
};

}  // namespace azcni::vnet
