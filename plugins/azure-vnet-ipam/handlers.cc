// The verbs as a runtime or azure-vnet calls them, each with a context of its own.

#include "config.h"
#include "ipam.h"

namespace azcni::vnet_ipam {
namespace {

/// What of the configuration every verb needs, DEL included, whatever else is wrong with it.
Context open(const cni::Request& request) {
  return Context(data_folder(request), cooldown(request));
}

}  // namespace

cni::Handlers handlers() {
  cni::Handlers verbs;
  verbs.add = [](const cni::Request& request) {
    const Config config = parse_config(request);  // before anything is touched
    Context context = open(request);
    return add(request, config, context);
  };
  verbs.check = [](const cni::Request& request) {
    Context context = open(request);
    check(request, context);
  };
  verbs.del = [](const cni::Request& request) {
    Context context = open(request);
    del(request, context);
  };
  verbs.gc = [](const cni::Request& request) {
    Context context = open(request);
    gc(request, context);
  };
  verbs.status = [](const cni::Request& request) {
    const Config config = parse_config(request);
    Context context = open(request);
    status(request, config, context);
  };
  verbs.options.del_by_address = true;
  return verbs;
}

}  // namespace azcni::vnet_ipam
