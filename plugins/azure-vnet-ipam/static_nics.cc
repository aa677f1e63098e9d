#include "static_nics.h"

namespace azcni::vnet_ipam {
namespace {

ipam::SubnetMetadata subnet_of(const Fields& fields) {
  const auto prefix = net::parse_prefix(fields.text("prefix"));
  if (!prefix) throw fields.expected("prefix", "a CIDR");
  ipam::SubnetMetadata subnet{prefix->network(), {}};
  for (const std::string& text : fields.texts("addresses")) {
    auto block = net::parse_prefix(text);
    if (const auto address = net::parse_ip(text)) block = net::Prefix::single(*address);
    if (!block || !subnet.prefix.contains(*block)) {
      throw fields.expected("addresses",
                            "addresses and blocks within " + net::to_string(subnet.prefix));
    }
    if (block->length == block->address.bits()) {
      subnet.addresses.push_back(block->address);
    } else {
      subnet.blocks.push_back(block->network());
    }
  }
  return subnet;
}

ipam::NicMetadata nic_of(const Fields& fields) {
  const std::string mac = fields.text("mac");
  ipam::NicMetadata nic{net::parse_mac(mac), fields.flag("primary"), {}, fields.text("name")};
  if (!mac.empty() && !nic.mac) throw fields.expected("mac", "a MAC address");
  if (mac.empty() && nic.name.empty())
    throw fields.expected("name", "the name of a NIC, or its `mac`");
  for (const Fields& each : fields.objects("subnets")) nic.subnets.push_back(subnet_of(each));
  return nic;
}

}  // namespace

ipam::Metadata parse_static_nics(const Fields& ipam) {
  ipam::Metadata metadata;
  for (const Fields& each : ipam.objects("nics")) metadata.nics.push_back(nic_of(each));
  if (metadata.nics.empty())
    throw ipam.expected("nics", "the NICs and their addresses, since environment is \"static\"");
  return metadata;
}

}  // namespace azcni::vnet_ipam
