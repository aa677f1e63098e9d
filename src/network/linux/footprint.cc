#include "footprint.h"

#include <algorithm>

#include "forward_accept.h"
#include "objects/objects.h"

namespace azcni::network {

Footprint& Footprint::operator+=(const Footprint& more) {
  host.insert(host.end(), more.host.begin(), more.host.end());
  container.insert(container.end(), more.container.begin(), more.container.end());
  return *this;
}

Footprint without(const Footprint& all, const Footprint& known) {
  const auto remove = [](Objects& objects, const Objects& others) {
    std::erase_if(objects, [&](const Object& each) {
      return std::find(others.begin(), others.end(), each) != others.end();
    });
  };
  Footprint rest = all;
  remove(rest.host, known.host);
  remove(rest.container, known.container);
  return rest;
}

std::string to_string(const Object& object) {
  return std::visit([](const auto& each) { return to_string(each); }, object.value);
}

}  // namespace azcni::network
