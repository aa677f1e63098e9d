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

void to_json(Json& json, const Look& look) {
  json = {{"at", look.at.count()}, {"trouble", look.trouble}};
}

void from_json(const Json& json, Look& look) {
  look = {std::chrono::microseconds(json.at("at").get<std::int64_t>()),
          json.at("trouble").get<std::string>()};
}

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
