#include "azcni/base/file.h"
#include "azcni/base/json.h"
#include "azcni/ipam/metadata.h"
#include "nic_texts.h"

namespace azcni::ipam {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;

const Json* find(const Json& entry, const char* key) {
  return entry.is_object() ? Fields(entry, "").find(key) : nullptr;
}

/// PowerShell writes a list of one as that one.
std::vector<Json> list_of(const Json& entry, const char* key) {
  const Json* value = find(entry, key);
  if (value == nullptr) return {};
  return value->is_array() ? value->get<std::vector<Json>>() : std::vector<Json>{*value};
}

/// As text, whatever type it has: `true` as well as "true", and what should be neither.
std::string text_of(const Json& entry, const char* key) {
  const Json* value = find(entry, key);
  if (value == nullptr) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

SubnetText read_subnet(const Json& subnet) {
  SubnetText text{text_of(subnet, "Prefix"), {}};
  for (const Json& each : list_of(subnet, "IPAddresses"))
    text.addresses.push_back({text_of(each, "Address"), text_of(each, "IsPrimary")});
  return text;
}

NicText read_nic(const Json& nic) {
  NicText text{text_of(nic, "MacAddress"), text_of(nic, "IsPrimary"), {}};
  for (const Json& each : list_of(nic, "IPSubnets")) text.subnets.push_back(read_subnet(each));
  return text;
}

}  // namespace

Metadata parse_mas(const std::string& json) {
  std::vector<NicText> nics;
  for (const Json& each : list_of(parse_json(json, "the document"), "Interfaces"))
    nics.push_back(read_nic(each));
  if (nics.empty())
    throw Error(ErrorCode::kMetadata, "JSON of another schema: there are no Interfaces");
  return read_nics(nics);
}

Metadata read_mas(const std::string& path) {
  try {
    const auto text = file::read(path, kMaxFile);
    if (!text)
      throw Error(ErrorCode::kMetadata, "no such file", "the Azure Stack host agent writes it");
    return parse_mas(*text);
  } catch (const Error& error) {
    throw Error(ErrorCode::kMetadata, "metadata file " + path + ": " + error.what(),
                error.details());
  }
}

}  // namespace azcni::ipam
