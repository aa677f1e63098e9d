#include "azcni/base/paths.h"
#include "vnet.h"

namespace azcni::vnet {
namespace {

store::Layout layout(network::Backend& backend) {
  const std::string folder = paths::state_folder("azure-vnet");
  return {folder,
          folder + ".json",
          {"networks", "endpoints", "unnamed"},
          {"networks", "endpoints", "unnamed"},
          is_legacy,
          [&backend](const store::Store& store, const Json& state) {
            import_legacy(store, state, backend);
          }};
}

}  // namespace

Context::Context(std::unique_ptr<network::Backend> system)
    : backend(std::move(system)),
      store(layout(*backend)),
      locks(store),
      networks(store, "networks"),
      endpoints(store, "endpoints"),
      unnamed(store, "unnamed") {}

}  // namespace azcni::vnet
