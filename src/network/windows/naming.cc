#include "azcni/network/endpoint.h"

namespace azcni::network {
namespace {

constexpr std::string_view kGuest = "container:";
constexpr std::size_t kShortId = 8;

}  // namespace

// Windows runtimes of the Docker kind ADD each container of a pod; all but the first name the first
// by their sandbox (kubernetes issue 57253).
std::string attached_container(const std::string& container_id, const std::string& sandbox) {
  return sandbox.starts_with(kGuest) ? sandbox.substr(kGuest.size()) : container_id;
}

std::string host_if_name(const EndpointName& name) {
  return name.id.container_id.substr(0, kShortId) + "-" + name.id.if_name;
}

}  // namespace azcni::network
