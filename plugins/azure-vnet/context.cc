#include "context.h"

#include "legacy.h"

namespace azcni::vnet {
namespace {

store::Layout layout(const std::string& folder, network::Backend& backend) {
  return {folder,
          folder + ".json",
          {"nics", "networks", "endpoints", "unnamed", "looked"},
          {"nics", "networks", "endpoints", "unnamed", "looked"},
          is_legacy,
          [&backend](const store::Store& store, const Json& state) {
            import_legacy(store, state, backend);
          }};
}

}  // namespace

Context::Context(std::unique_ptr<network::Backend> system, const std::string& folder)
    : backend(std::move(system)),
      store(layout(folder, *backend)),
      locks(store),
      nics(store, "nics"),
      networks(store, "networks"),
      endpoints(store, "endpoints"),
      unnamed(store, "unnamed"),
      looked(store, "looked") {}

}  // namespace azcni::vnet
