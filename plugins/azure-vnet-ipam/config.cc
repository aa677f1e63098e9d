#include "config.h"

#include <algorithm>
#include <charconv>

#include "azcni/base/paths.h"
#include "azcni/ipam/pool.h"
#include "azcni/net/azure.h"
#include "azcni/net/interfaces.h"
#include "azcni/net/json.h"
#include "static_nics.h"

namespace azcni::vnet_ipam {
namespace {

constexpr std::chrono::seconds kDefault{10};
constexpr std::uint32_t kMaxSeconds = 24 * 60 * 60;
/// A capability of containerd's, and what of it is for us.
constexpr const char* kPodAnnotations = "io.kubernetes.cri.pod-annotations";
constexpr const char* kIpsAnnotation = "azure-vnet/ips";
constexpr const char* kNicAnnotation = "azure-vnet/nic";

std::string wireserver_url() {
  return "http://" + net::to_string(net::azure::kWireserver) +
         "/machine/plugins?comp=nmagent&type=getinterfaceinfov1";
}

Source parse_source(const Fields& ipam) {
  const std::string environment = ipam.text("environment");
  if (environment.empty() || environment == "azure") return Source::kWireserver;
  if (environment == "mas" || environment == "fileIpam") return Source::kAzureStack;
  if (environment == "static") return Source::kStatic;
  if (environment == "null") return Source::kNone;
  throw ipam.expected("environment", R"("azure", "mas", "fileIpam", "static" or "null")");
}

/// The Go plugin took seconds as a string; a number is what everybody expects.
std::chrono::seconds parse_seconds(const Fields& ipam, const char* key,
                                   std::chrono::seconds by_default) {
  const Json* value = ipam.find(key);
  if (value == nullptr) return by_default;
  std::uint32_t seconds = 0;
  if (value->is_string()) {
    const std::string text = value->get<std::string>();
    if (text.empty()) return by_default;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failure != std::errc() || end != text.data() + text.size()) seconds = kMaxSeconds + 1;
  } else {
    seconds = ipam.number(key).value_or(0);
  }
  if (seconds > kMaxSeconds) throw ipam.expected(key, "a number of seconds, at most a day");
  return std::chrono::seconds(seconds);
}

std::vector<net::Family> parse_families(const Fields& ipam) {
  std::vector<net::Family> families;
  for (const std::string& name : ipam.texts("ipFamilies")) {
    if (name != "IPv4" && name != "IPv6")
      throw ipam.expected("ipFamilies", "\"IPv4\" and \"IPv6\"");
    const net::Family family = name == "IPv4" ? net::Family::kIpv4 : net::Family::kIpv6;
    if (std::find(families.begin(), families.end(), family) == families.end())
      families.push_back(family);
  }
  if (families.empty()) families.push_back(net::Family::kIpv4);
  return families;
}

/// "10.0.0.5" or "10.0.0.5/24".
net::IpAddress parse_requested(const std::string& text, const std::string& where) {
  const auto prefix = net::parse_prefix(text);
  const auto address = prefix ? prefix->address : net::parse_ip(text);
  if (!address)
    throw Error(ErrorCode::kInvalidConfig,
                where + ": expected an IP address, not \"" + text + "\"");
  return *address;
}

struct RequestedTexts {
  std::string where;
  std::vector<std::string> texts;
};

/// What the pod says of itself, where the runtime passes it on.
std::string pod_annotation(const cni::Request& request, const char* key) {
  const auto runtime = request.config.fields().object("runtimeConfig");
  const auto all = runtime ? runtime->object(kPodAnnotations) : std::nullopt;
  return all ? all->text(key) : std::string();
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// The network's, else the pod's.
std::string parse_master(const cni::Request& request) {
  const std::string master = request.config.fields().text("master");
  const std::string wish = pod_annotation(request, kNicAnnotation);
  if (!wish.empty() && !master.empty() && wish != master) {
    throw Error(ErrorCode::kInvalidConfig, std::string("annotation ") + kNicAnnotation + ": " +
                                               wish + " is not the network's master, " + master);
  }
  return net::nic_name(master.empty() ? wish : master);
}

/// The first place that asks for addresses wins: they can't all be granted.
RequestedTexts find_requested(const cni::Request& request, const Fields& ipam) {
  if (const std::string text = ipam.text("ipAddress"); !text.empty())
    return {"ipam.ipAddress", {text}};
  const Fields fields = request.config.fields();
  const auto runtime = fields.object("runtimeConfig");
  if (runtime && runtime->has("ips")) return {runtime->path_of("ips"), runtime->texts("ips")};
  if (const std::string text = pod_annotation(request, kIpsAnnotation); !text.empty())
    return {std::string("annotation ") + kIpsAnnotation, split(text)};
  const auto args = fields.object("args");
  const auto cni_args = args ? args->object("cni") : std::nullopt;
  if (cni_args && cni_args->has("ips")) return {cni_args->path_of("ips"), cni_args->texts("ips")};
  if (const std::string text = request.arg("IP"); !text.empty()) return {"CNI_ARGS: IP", {text}};
  return {};
}

std::vector<net::IpAddress> parse_requested_addresses(const cni::Request& request,
                                                      const Fields& ipam) {
  const RequestedTexts requested = find_requested(request, ipam);
  std::vector<net::IpAddress> addresses;
  for (const std::string& text : requested.texts)
    addresses.push_back(parse_requested(text, requested.where));
  return addresses;
}

std::optional<net::Prefix> parse_subnet(const Fields& ipam) {
  const std::string text = ipam.text("subnet");
  if (text.empty()) return std::nullopt;
  const auto subnet = net::parse_prefix(text);
  if (!subnet) throw ipam.expected("subnet", "a CIDR");
  return subnet->network();
}

/// Of the plugin that uses us, like `master`: it is about the node.
bool parse_status_when_full(const Fields& fields) {
  const std::string text = fields.text("statusWhenFull");
  if (!text.empty() && text != "available" && text != "unavailable")
    throw fields.expected("statusWhenFull", "\"available\" or \"unavailable\"");
  return text == "unavailable";
}

void check_address_space(const Fields& ipam) {
  const std::string space = ipam.text("addressSpace");
  if (!space.empty() && space != "local") throw ipam.expected("addressSpace", "\"local\"");
}

Fields ipam_fields(const cni::Request& request) {
  const auto ipam = request.config.fields().object("ipam");
  if (!ipam) throw request.config.fields().expected("ipam", "an object");
  return *ipam;
}

}  // namespace

Config parse_config(const cni::Request& request) {
  const Fields ipam = ipam_fields(request);
  const std::string url = ipam.text("queryUrl");
  const std::string file = ipam.text("file");
  check_address_space(ipam);

  Config config;
  config.source = parse_source(ipam);
  config.url = http::parse_url(url.empty() ? wireserver_url() : url);
  config.file = file.empty() ? paths::interfaces_file() : file;
  config.interval = parse_seconds(ipam, "queryInterval", kDefault);
  config.timeout = parse_seconds(ipam, "queryTimeout", kDefault);
  parse_seconds(ipam, "cooldown", ipam::kCoolDown);  // checked here, and read by who releases
  config.families = parse_families(ipam);
  config.master = parse_master(request);
  if (config.source == Source::kStatic) config.nics = parse_static_nics(ipam);
  config.kept_out = net::parse_cidrs(ipam, "exclude");
  config.subnet = parse_subnet(ipam);
  config.requested = parse_requested_addresses(request, ipam);
  config.full_is_unavailable = parse_status_when_full(request.config.fields());
  return config;
}

std::string default_data_folder() { return paths::state_folder("azure-vnet-ipam"); }

std::string data_folder(const cni::Request& request) {
  const std::string folder = ipam_fields(request).text("dataDir");
  if (folder.empty()) return default_data_folder();
  if (!paths::is_absolute(folder))
    throw ipam_fields(request).expected("dataDir", "an absolute path");
  return folder;
}

std::chrono::seconds cooldown(const cni::Request& request) {
  try {
    return parse_seconds(ipam_fields(request), "cooldown", ipam::kCoolDown);
  } catch (const Error&) {
    return ipam::kCoolDown;
  }
}

std::optional<net::IpAddress> named_address(const cni::Request& request) {
  const Json* value = ipam_fields(request).find("ipAddress");
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string text = value->get<std::string>();
  return net::parse_ip(text.substr(0, text.find('/')));
}

}  // namespace azcni::vnet_ipam
