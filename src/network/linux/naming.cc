#include "naming.h"

#include "azcni/network/endpoint.h"
#include "sha1.h"

namespace azcni::network {

std::string attached_container(const std::string& container_id, const std::string&) {
  return container_id;
}

std::string host_if_name(const EndpointName& name) {
  const bool named_by_pod =
      name.id.if_name == "eth0" && !name.pod_namespace.empty() && !name.pod_name.empty();
  const auto digest = sha1(named_by_pod ? name.pod_namespace + "." + name.pod_name
                                        : name.network + name.id.container_id + name.id.if_name);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = kLinkPrefix;
  for (std::size_t i = 0; i < 11; ++i)
    text += kDigits[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 0xf];
  return text;
}

}  // namespace azcni::network
