#include "words.h"

#include <linux/if_ether.h>

#include <algorithm>

namespace azcni::network::nft {

std::string hex(const Bytes& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (const std::uint8_t each : bytes) {
    text += kDigits[each >> 4];
    text += kDigits[each & 15];
  }
  return text;
}

std::string hex(std::uint32_t number) {
  return hex({static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
              static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

std::string name_of(const Field& field) {
  if (field.name != nullptr) return field.name;
  const char* base = field.base == Field::Base::kLink ? "@ll," : "@nh,";
  return base + std::to_string(field.offset * 8) + "," + std::to_string(field.length * 8);
}

std::string name_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& each : fields) text += (text.empty() ? "" : " . ") + name_of(each);
  return text;
}

std::string value_of(const Bytes& value) {
  net::MacAddress mac;
  switch (value.size()) {
    case 4: return net::to_string(net::IpAddress(net::Family::kIpv4, value));
    case 16: return net::to_string(net::IpAddress(net::Family::kIpv6, value));
    case 6: std::copy(value.begin(), value.end(), mac.bytes.begin()); return net::to_string(mac);
    default: return hex(value);
  }
}

std::string name_of(std::uint16_t ethertype) {
  switch (ethertype) {
    case ETH_P_IP: return "ip";
    case ETH_P_IPV6: return "ip6";
    case ETH_P_ARP: return "arp";
    default: return hex(ethertype);
  }
}

std::string name_of(net::Family family) { return family == net::Family::kIpv4 ? "ip" : "ip6"; }

}  // namespace azcni::network::nft
