#include "subnet.h"

#include "azcni/base/error.h"

namespace azcni::ipam {

SubnetBuilder::SubnetBuilder(const std::string& prefix) {
  const auto parsed = net::parse_prefix(prefix);
  if (!parsed)
    throw Error(ErrorCode::kMetadata, "subnet prefix: expected a CIDR, not \"" + prefix + "\"");
  subnet_.prefix = parsed->network();
}

void SubnetBuilder::add(const std::string& address, bool is_primary) {
  const auto parsed = net::parse_ip(address);
  if (!parsed)
    throw Error(ErrorCode::kMetadata, "address: expected an IP address, not \"" + address + "\"");
  if (is_primary || !subnet_.prefix.contains(*parsed) || !seen_.insert(*parsed).second) return;
  subnet_.addresses.push_back(*parsed);
}

std::optional<net::MacAddress> parse_metadata_mac(const std::string& text) {
  if (text == "*") return std::nullopt;
  const auto mac = net::parse_mac(text);
  if (!mac)
    throw Error(ErrorCode::kMetadata,
                "MacAddress: expected 12 hex digits or \"*\", not \"" + text + "\"");
  return mac;
}

}  // namespace azcni::ipam
