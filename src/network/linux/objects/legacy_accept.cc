#include "objects.h"
#include "xtables.h"

namespace azcni::network {
namespace {

xtables::Links links_of(const LegacyAccept& accept) { return {accept.links, accept.is_prefix}; }

}  // namespace

void put(const LegacyAccept& accept) { xtables::accept_forwarded(links_of(accept)); }

void remove(const LegacyAccept& accept) { xtables::forget_accepted(links_of(accept)); }

bool is_there(const LegacyAccept& accept, Namespace&) {
  return xtables::are_accepted(links_of(accept));
}

std::string to_string(const LegacyAccept& accept) {
  const std::string links = accept.links + (accept.is_prefix ? "+" : "");
  return "iptables-legacy -A FORWARD -i " + links + " -j ACCEPT; iptables-legacy -A FORWARD -o " +
         links + " -j ACCEPT  # where that is in use";
}

}  // namespace azcni::network
