#include "namespace.h"

#include "sysctl.h"

namespace azcni::network {
namespace {

net::Netlink open_in(const NetNs& netns) {
  const ScopedNetNs inside(netns);
  return net::Netlink();
}

}  // namespace

Namespace::Namespace(NetNs netns) : netns_(std::move(netns)), netlink_(open_in(*netns_)) {}

unsigned Namespace::index(const std::string& link) {
  const auto known = indexes_.find(link);
  if (known != indexes_.end()) return known->second;
  return indexes_[link] = require_link(netlink_, link).index;
}

std::string Namespace::read_sysctl(const std::string& name) const {
  if (!netns_) return sysctl::read(name);
  const ScopedNetNs inside(*netns_);
  return sysctl::read(name);
}

void Namespace::set_sysctl(const std::string& name, const std::string& value) const {
  if (!netns_) return sysctl::set(name, value);
  const ScopedNetNs inside(*netns_);
  sysctl::set(name, value);
}

}  // namespace azcni::network
