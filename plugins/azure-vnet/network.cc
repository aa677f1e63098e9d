// The network that containers are attached to: made by the first of them, looked at by each.

#include "azcni/base/log.h"
#include "vnet.h"

namespace azcni::vnet {
namespace {

bool fits(const network::NetworkRecord& known, const Config& config) {
  return known.spec.mode == config.mode &&
         (config.master.empty() || known.spec.master == config.master);
}

}  // namespace

network::NetworkRecord ensure_network(const Config& config,
                                      const std::function<net::Prefix()>& subnet, Host& host) {
  const auto find_connected = [&]() -> std::optional<network::NetworkRecord> {
    auto known = host.networks.find(config.network);
    if (known && fits(*known, config) && host.backend->is_connected(*known)) return known;
    return std::nullopt;
  };
  if (auto known = find_connected()) return *known;

  network::NetworkSpec spec{config.network, config.mode, config.master};
  if (spec.master.empty())
    spec.master = host.backend->find_master(subnet());  // waits for IPAM: no lock yet

  const auto turn = host.turns.wait_for("network " + config.network);
  if (auto known = find_connected()) return *known;  // somebody was faster
  const network::NetworkRecord network = host.backend->connect(spec);
  host.networks.put(config.network, network);
  log::info("network {} is connected by {}, mode {}", config.network, spec.master,
            to_string(spec.mode));
  return network;
}

}  // namespace azcni::vnet
