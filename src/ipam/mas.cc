#include "azcni/base/file.h"
#include "azcni/base/json.h"
#include "azcni/ipam/metadata.h"
#include "subnet.h"

namespace azcni::ipam {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

SubnetMetadata parse_subnet(const Fields& fields) {
  SubnetBuilder subnet(fields.text("Prefix"));
  for (const Fields& address : fields.objects("IPAddresses")) {
    subnet.add(address.text("Address"), address.flag("IsPrimary"));
  }
  return subnet.take();
}

NicMetadata parse_nic(const Fields& fields) {
  NicMetadata nic{parse_metadata_mac(fields.text("MacAddress")), fields.flag("IsPrimary"), {}};
  for (const Fields& subnet : fields.objects("IPSubnets"))
    nic.subnets.push_back(parse_subnet(subnet));
  return nic;
}

}  // namespace

std::vector<NicMetadata> parse_mas(const std::string& json) {
  const Json document = parse_json(json, "the document");
  const std::vector<Fields> interfaces = Fields(document, "").objects("Interfaces");
  if (interfaces.empty())
    throw Error(ErrorCode::kMetadata, "JSON of another schema: there are no Interfaces");
  std::vector<NicMetadata> nics;
  for (const Fields& interface : interfaces) nics.push_back(parse_nic(interface));
  return nics;
}

std::vector<NicMetadata> read_mas(const std::string& path) {
  try {
    const auto text = file::read(path, kMaxBytes);
    if (!text)
      throw Error(ErrorCode::kMetadata, "no such file", "the Azure Stack host agent writes it");
    return parse_mas(*text);
  } catch (const Error& error) {
    throw Error(ErrorCode::kMetadata, "metadata file " + path + ": " + error.what(),
                error.details());
  }
}

}  // namespace azcni::ipam
