#include "fields.h"

#include <algorithm>

namespace azcni::vnet {

namespace {

constexpr FieldDefinition kListFields[] = {
    {"cniVersion", FieldKind::kText, "1.0.0 0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.1.0", "0.1.0",
     "form of the result"},
    {"cniVersions", FieldKind::kTexts, "", "", "of the runtime, which chooses one"},
    {"name", FieldKind::kText, "", "required", "the network; any unique value"},
    {"disableCheck", FieldKind::kFlag, "", "false", "the runtime calls no CHECK"},
    {"disableGC", FieldKind::kFlag, "", "false",
     "the runtime calls no GC: for two runtimes that share the network's name"},
    {"loadOnlyInlinedPlugins", FieldKind::kFlag, "", "false",
     "the runtime adds no plugins of net.d/NAME/*.conf"},
    {"plugins", FieldKind::kObjects, "", "required", "the plugins, in the order of ADD"},
};

constexpr FieldDefinition kFields[] = {
    {"type", FieldKind::kText, "azure-vnet", "required", "this plugin"},
    {"mode", FieldKind::kText, "transparent bridge tunnel l2-bridge l2bridge l2-tunnel l2tunnel",
     "tunnel", "how containers are connected: see modes.md"},
    {"master", FieldKind::kInterface, "", "the NIC that holds the pool's subnet",
     "NIC whose pools are used"},
    {"bridge", FieldKind::kInterface, "", "azure<index of the master>",
     "the bridge to be made, in modes bridge and tunnel; one that the NIC is a port of already is "
     "used instead"},
    {"mtu", FieldKind::kNumber, "", "the NIC's",
     "of containers' links, from 1280 on; no more than the NIC's is used"},
    {"routes", FieldKind::kObjects, "", "none",
     "of containers, beside IPAM's: dst, and mtu, advmss, priority, table, scope"},
    {"logLevel", FieldKind::kText, "info debug", "info", "debug: every netlink message"},
    {"ipMasq", FieldKind::kFlag, "", "false",
     "what containers send out of the VNET has the host's address: see non-aks.md"},
    {"vnetCidrs", FieldKind::kCidrs, "", "all private networks",
     "the VNET and its peers, where containers keep their own address; a family of which none is "
     "named is not masqueraded"},
    {"ipForward", FieldKind::kFlag, "", "true", "switch the host's IP forwarding on"},
    {"forwardAccept", FieldKind::kFlag, "", "false", "let containers pass the firewalls of others"},
    {"sourceGuard", FieldKind::kFlag, "", "true",
     "drop what containers send in the name of others: see security.md"},
    {"allowedAddresses", FieldKind::kCidrs, "", "none",
     "sources that containers may use beside their own, in modes bridge and tunnel: virtual "
     "addresses, networks that they route"},
    {"blockMetadata", FieldKind::kFlag, "", "false",
     "close the instance metadata service, 169.254.169.254, to containers"},
    {"ipsToRouteViaHost", FieldKind::kNetworks, "", "none",
     "what containers reach through the host in modes bridge and tunnel: node-local DNS, Services "
     "of kube-proxy's mode ipvs"},
    {"disableHairpinOnHostInterface", FieldKind::kFlag, "", "false",
     "do not send back by the NIC what came in by it, in modes bridge and tunnel"},
    {"statusWhenFull", FieldKind::kText, "available unavailable", "available",
     "what azure-vnet-ipam's STATUS says when all addresses are leased: see ipam.md"},
    {"dns", FieldKind::kObject, "", "what IPAM says", "of the result"},
    {"dns.nameservers", FieldKind::kTexts, "", "none", "servers"},
    {"dns.domain", FieldKind::kText, "", "none", "the local domain"},
    {"dns.search", FieldKind::kTexts, "", "none", "domains to search"},
    {"dns.options", FieldKind::kTexts, "", "none", "of resolv.conf"},
    {"capabilities", FieldKind::kObject, "", "none",
     "what the runtime is to pass on for each container: see capabilities.md"},
    {"capabilities.portMappings", FieldKind::kFlag, "", "false", "ports of the host"},
    {"capabilities.bandwidth", FieldKind::kFlag, "", "false", "limits of both directions"},
    {"capabilities.dns", FieldKind::kFlag, "", "false", "how names are resolved"},
    {"capabilities.ips", FieldKind::kFlag, "", "false", "the addresses to have"},
    {"capabilities.mac", FieldKind::kFlag, "", "false", "the MAC address to have"},
    {"capabilities.io.kubernetes.cri.pod-annotations", FieldKind::kFlag, "", "false",
     "what a pod says of itself: azure-vnet/ips, azure-vnet/nic"},
    {"runtimeConfig", FieldKind::kObject, "", "none", "the runtime's: not for files"},
    {"args", FieldKind::kObject, "", "none", "the runtime's: cni.ips is read"},
    {"ipam", FieldKind::kObject, "", "required", "the IPAM plugin"},
    {"ipam.type", FieldKind::kText, "", "required", "any IPAM plugin of CNI_PATH"},
    {"ipam.exec", FieldKind::kFlag, "", "false",
     "run the executable azure-vnet-ipam, whose work azure-vnet does itself otherwise"},
    {"ipam.environment", FieldKind::kText, "azure mas fileIpam static null", "azure",
     "where addresses are learned: the wireserver, the file of an Azure Stack agent, ipam.nics, "
     "nowhere"},
    {"ipam.nics", FieldKind::kObjects, "", "none",
     "of environment static: NICs with their subnets and addresses, see ipam.md"},
    {"ipam.exclude", FieldKind::kCidrs, "", "none", "addresses that are never handed out"},
    {"ipam.ipFamilies", FieldKind::kTexts, "IPv4 IPv6", "IPv4", "one address of each"},
    {"ipam.subnet", FieldKind::kCidr, "", "any", "the pool to use"},
    {"ipam.ipAddress", FieldKind::kAddress, "", "any", "ADD: this very address"},
    {"ipam.addressSpace", FieldKind::kText, "local", "local", "no other exists"},
    {"ipam.cooldown", FieldKind::kSeconds, "", "30",
     "a released address rests so long, if others are free"},
    {"ipam.queryInterval", FieldKind::kSeconds, "", "10", "time between two queries of the node"},
    {"ipam.queryTimeout", FieldKind::kSeconds, "", "10", "of one query, connecting included"},
    {"ipam.queryUrl", FieldKind::kUrl, "", "the wireserver's", "http://ADDRESS[:PORT]/PATH"},
    {"ipam.file", FieldKind::kText, "", "/etc/kubernetes/interfaces.json", "of mas"},
    {"ipam.dataDir", FieldKind::kText, "", "/var/run/azure-vnet-ipam",
     "where pools and leases are kept"},
    // Of Windows.
    {"adapterName", FieldKind::kText, "", "", "Windows: the adapter, instead of master"},
    {"AdditionalArgs", FieldKind::kObjects, "", "none", "Windows: policies, see windows.md"},
    {"windowsSettings", FieldKind::kObject, "", "none", "Windows: see windows.md"},
    {"windowsSettings.enableLoopbackDSR", FieldKind::kFlag, "", "false", "Windows"},
    {"windowsSettings.hnsTimeoutDurationInSeconds", FieldKind::kNumber, "", "", "Windows"},
    // Of the Go plugins, without effect here.
    {"logTarget", FieldKind::kText, "", "", "without effect"},
    {"infraVnetAddressSpace", FieldKind::kText, "", "", "without effect"},
    {"podNamespaceForDualNetwork", FieldKind::kTexts, "", "", "without effect"},
    {"ipv6Mode", FieldKind::kText, "", "", "without effect"},
    {"serviceCidrs", FieldKind::kText, "", "", "without effect"},
    {"enableSnatOnHost", FieldKind::kFlag, "", "", "without effect"},
    {"enableExactMatchForPodName", FieldKind::kFlag, "", "", "without effect"},
    {"cnsurl", FieldKind::kText, "", "", "without effect"},
    {"disableIPTableLock", FieldKind::kFlag, "", "", "without effect"},
    {"executionMode", FieldKind::kText, "", "", "without effect"},
    {"disableAsyncDelete", FieldKind::kFlag, "", "", "without effect"},
    {"env", FieldKind::kText, "", "", "without effect"},
    {"multiTenancy", FieldKind::kFlag, "", "false", "true is refused"},
};

Json text_or(const Json& other) { return {{"oneOf", {{{"type", "string"}}, other}}}; }

Json list_of(const Json& items) { return {{"type", "array"}, {"items", items}}; }

Json schema_of(const FieldDefinition& field) {
  const Json text{{"type", "string"}};
  Json choice = text;
  if (!field.values.empty()) choice["enum"] = field.choice();
  switch (field.kind) {
    case FieldKind::kFlag: return {{"type", "boolean"}};
    case FieldKind::kNumber: return {{"type", "integer"}, {"minimum", 0}};
    case FieldKind::kSeconds: return text_or({{"type", "integer"}, {"minimum", 0}});
    case FieldKind::kTexts: return list_of(choice);
    case FieldKind::kNetworks: return list_of(text);
    case FieldKind::kCidrs: return text_or(list_of(text));
    case FieldKind::kInterface: return {{"type", "string"}, {"maxLength", 15}};
    case FieldKind::kUrl: return {{"type", "string"}, {"pattern", "^http://"}};
    case FieldKind::kObject: return {{"type", "object"}};
    case FieldKind::kObjects: return list_of({{"type", "object"}});
    case FieldKind::kText: return choice;
    case FieldKind::kAddress:
    case FieldKind::kCidr: return text;
  }
  return text;
}

constexpr const char* kTableHead =
    "| field | value | default | meaning |\n| --- | --- | --- | --- |\n";

std::string form_of(const FieldDefinition& field) {
  switch (field.kind) {
    case FieldKind::kText: return "text";
    case FieldKind::kFlag: return "true or false";
    case FieldKind::kNumber: return "number";
    case FieldKind::kSeconds: return "seconds, a number or a text";
    case FieldKind::kTexts: return "list of texts";
    case FieldKind::kAddress: return "IP address";
    case FieldKind::kNetworks: return "list of IP addresses and CIDRs";
    case FieldKind::kCidr: return "CIDR";
    case FieldKind::kCidrs: return "list of CIDRs, or a text with commas";
    case FieldKind::kInterface: return "interface name";
    case FieldKind::kUrl: return "URL";
    case FieldKind::kObject: return "object";
    case FieldKind::kObjects: return "list of objects";
  }
  return "";
}

std::string table_row(const FieldDefinition& field) {
  std::string form = form_of(field);
  for (const std::string& value : field.choice())
    form += (form.find('`') == std::string::npos ? ": `" : ", `") + value + "`";
  return "| `" + std::string(field.path) + "` | " + form + " | " + std::string(field.fallback) +
         " | " + std::string(field.meaning) + " |\n";
}

Json object_schema(std::span<const FieldDefinition> fields) {
  Json object{{"type", "object"}, {"properties", Json::object()}};
  for (const FieldDefinition& field : fields) {
    Json* at = &object;
    const std::vector<std::string> keys = keys_of(field);
    const std::string& name = keys.back();
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) at = &(*at)["properties"][keys[i]];
    Json& schema = (*at)["properties"][name];
    schema = schema_of(field);
    schema["description"] = field.meaning;
    if (field.fallback == "required") (*at)["required"].push_back(name);
  }
  return object;
}

}  // namespace

std::string fields_as_markdown() {
  const auto is_of_ipam = [](const FieldDefinition& field) {
    return field.path.starts_with("ipam.");
  };
  std::string text =
      "# Fields\n\nMade by `azure-vnet schema --markdown`, of what `azure-vnet validate` and the "
      "JSON "
      "Schema are made of.\n[configuration.md](configuration.md) has what is to be said of them.\n";
  text += std::string("\n## Of a list\n\n") + kTableHead;
  for (const FieldDefinition& field : kListFields) text += table_row(field);
  text += std::string("\n## azure-vnet\n\n") + kTableHead;
  for (const FieldDefinition& field : kFields) text += is_of_ipam(field) ? "" : table_row(field);
  text += std::string("\n## azure-vnet-ipam\n\n") + kTableHead;
  for (const FieldDefinition& field : kFields) text += is_of_ipam(field) ? table_row(field) : "";
  return text;
}

std::span<const FieldDefinition> list_definitions() { return kListFields; }

std::span<const FieldDefinition> field_definitions() { return kFields; }

std::vector<std::string> FieldDefinition::choice() const {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < values.size();) {
    const std::size_t end = std::min(values.find(' ', begin), values.size());
    words.emplace_back(values.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<std::string> keys_of(const FieldDefinition& field) {
  const auto is_object = [&](std::string_view path) {
    const auto known = field_definitions();
    return std::any_of(known.begin(), known.end(), [&](const FieldDefinition& each) {
      return each.path == path && each.kind == FieldKind::kObject;
    });
  };
  std::vector<std::string> keys;
  std::size_t begin = 0;
  for (std::size_t dot = 0; (dot = field.path.find('.', dot)) != std::string_view::npos; ++dot) {
    if (!is_object(field.path.substr(0, dot))) continue;
    keys.emplace_back(field.path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  keys.emplace_back(field.path.substr(begin));
  return keys;
}

Json json_schema() {
  Json list = object_schema(list_definitions());
  Json& items = list["properties"]["plugins"]["items"];
  items = {{"if", {{"properties", {{"type", {{"const", "azure-vnet"}}}}}}},
           {"then", object_schema(field_definitions())},
           {"else", {{"type", "object"}, {"required", {"type"}}}}};
  list["$schema"] = "http://json-schema.org/draft-07/schema#";
  list["title"] = "CNI network configuration list with azure-vnet";
  return list;
}

}  // namespace azcni::vnet
