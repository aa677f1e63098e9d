#include "ipam.h"

namespace azcni::vnet_ipam {

Context::Context(const std::string& data_folder, LeaseStore::Cooldown cooldown)
    : store(store_layout(data_folder)), locks(store), leases(store, cooldown) {}

ipam::Owner owner_of(const cni::Request& request) {
  return {request.container_id, request.if_name};
}

}  // namespace azcni::vnet_ipam
