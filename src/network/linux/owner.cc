#include "owner.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "azcni/net/interfaces.h"

namespace azcni::network {
namespace {

constexpr std::size_t kLongest = 127;
constexpr std::size_t kLongestCut = 90;  ///< of a container's id: what follows has to fit, too

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

std::string cleaned(std::string text) {
  std::replace_if(text.begin(), text.end(), std::not_fn(is_plain), '_');
  return text;
}

/// Without colons.
std::string digits_of(const net::MacAddress& mac) {
  std::string text = net::to_string(mac);
  std::erase(text, ':');
  return text;
}

}  // namespace

std::string owner_of(const EndpointId& id) {
  const std::string name = cleaned(id.container_id), link = cleaned(id.if_name);
  if (name == id.container_id && link == id.if_name && id.key().size() <= kLongest) return id.key();
  return name.substr(0, kLongestCut) + "@" + link.substr(0, 15) + "@" + digits_of(host_mac(id));
}

std::optional<net::MacAddress> link_mac_of(const std::string& owner) {
  const std::size_t first = owner.find('@'), second = owner.rfind('@');
  if (first == std::string::npos) return std::nullopt;
  if (first == second) return host_mac({owner.substr(0, first), owner.substr(first + 1)});
  std::string digits = owner.substr(second + 1);
  for (std::size_t at = digits.size(); at > 2;) digits.insert(at -= 2, ":");
  return net::parse_mac(digits);
}

bool lives(const std::string& owner) {
  const auto mac = link_mac_of(owner);
  if (!mac) return false;
  const auto links = net::list_interfaces();
  return std::any_of(links.begin(), links.end(),
                     [&](const auto& each) { return each.mac == *mac; });
}

}  // namespace azcni::network
