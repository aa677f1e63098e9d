#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "lab.h"

namespace azcni::lab {
namespace {

constexpr const char* kStockPlugins = "/usr/lib/cni";
constexpr const char* kTestPlugins = "/run/cni";

bool make_folder(const char* path) { return ::mkdir(path, 0755) == 0 || errno == EEXIST; }

/// What is written to a folder of the machine stays the VM's, in `store`; and of what is in it, the
/// VM has nothing of those names.
bool mount_overlay(const char* folder, const char* store,
                   std::initializer_list<const char*> hidden) {
  char options[128];
  std::snprintf(options, sizeof options, "lowerdir=%s,upperdir=upper,workdir=work", folder);
  const bool is_ready = make_folder(store) && ::mount("overlay", store, "tmpfs", 0, nullptr) == 0 &&
                        ::chdir(store) == 0 && make_folder("work") && make_folder("upper");
  const UniqueFd upper(is_ready ? ::open("upper", O_PATH | O_CLOEXEC) : -1);
  for (const char* name : hidden) {
    if (::mknodat(upper.get(), name, S_IFCHR, 0) != 0) return false;  // a whiteout of overlayfs
  }
  return is_ready && ::mount("overlay", folder, "overlay", 0, options) == 0;
}

/// Whatever is written to these folders is the VM's, and what they have of network plugins,
/// runtimes and managers of links is not the machine's: a node of Kubernetes runs the tests too.
bool mount_private_folders() {
  return ::mount("run", "/run", "tmpfs", 0, nullptr) == 0 &&
         ::mount("log", "/var/log", "tmpfs", 0, nullptr) == 0 && make_folder("/run/netns") &&
         mount_overlay("/etc", "/run/etc",
                       {"cni", "containerd", "containers", "crio", "kubernetes", "nomad.d",
                        "NetworkManager", "systemd"}) &&
         mount_overlay("/var/lib", "/run/lib",
                       {"azure-vnet", "cni", "containerd", "kubelet", "rancher"}) &&
         mount_overlay("/opt", "/run/opt", {"azure-vnet", "cni", "containerd"}) &&
         make_folder("/etc/cni") && make_folder("/etc/cni/net.d") &&
         make_folder("/etc/kubernetes") && make_folder("/etc/systemd");
}

std::string read_there(const ExecContext& context, const std::string& path) {
  return run(context, {"cat", path}).out;
}

std::string new_container_id() {
  static std::atomic<unsigned> count{0};
  char text[65];
  std::snprintf(text, sizeof text, "%08x%056x", count++, static_cast<unsigned>(::getpid()));
  return text;
}

}  // namespace

std::string Pod::cni_args() const {
  return "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=" + name +
         ";K8S_POD_INFRA_CONTAINER_ID=" + container_id;
}

std::string PluginExit::ip(std::size_t index) const {
  const std::string address = json.at("ips").at(index).at("address");
  return address.substr(0, address.find('/'));
}

Vm::Vm(const VmSpec& spec, Fabric& fabric, const std::string& plugins, unsigned mtu)
    : spec_(spec), nics_{spec}, plugins_(plugins), namespaces_(mount_private_folders) {
  fabric.connect(spec_, context().net, mtu);
  skip_dad("eth0");
  must_run(context(), {"ip", "-batch", "-"},
           "link set lo up\n"
           "link set eth0 up\n"
           "address add " +
               spec_.ip4 +
               "/16 dev eth0\n"
               "route add default via 10.240.0.1\n"
               "address add " +
               spec_.ip6 +
               "/128 dev eth0 nodad\n"
               "route add default via fe80::1234:5678:9abc dev eth0\n");
  wait_for_ipv6("eth0");
}

/// As if it had been up for long: no duplicate address detection …
void Vm::skip_dad(const std::string& interface) const {
  must_run(context(),
           {"sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/" + interface + "/accept_dad"});
}

/// … and both IPv6 addresses, its own and the link-local one, in use.
void Vm::wait_for_ipv6(const std::string& interface) const {
  const auto is_up = [&] {
    return ip({"-6", "route", "show", "table", "local", "type", "local", "dev", interface})
               .size() == 2;
  };
  if (!eventually(is_up))
    throw std::runtime_error(interface + " of " + spec_.name + " does not come up");
}

void Vm::take_nic(const Nic& nic, const NicOptions& options) {
  skip_dad(nic.interface);
  std::string batch = nics_.size() == 1 ? option_121_of(spec_, 100) : "";
  if (options.up) batch += "link set " + nic.interface + " up\n";
  if (options.has_address)
    batch += configuration_of(nic, 100 + 100 * static_cast<int>(nics_.size()));
  must_run(context(), {"ip", "-batch", "-"}, batch);
  if (options.up && options.has_address) wait_for_ipv6(nic.interface);
  nics_.push_back(nic);
}

void Vm::forget_nic(const Nic& nic) {
  std::erase_if(nics_, [&](const Nic& each) { return each.mac == nic.mac; });
}

Pod Vm::make_pod(const std::string& name) const {
  const Pod pod{name, "/run/netns/" + name, new_container_id()};
  run_there({-1, context().mnt, {}}, "make the pod " + name, [&] {
    const int file = ::open(pod.netns.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return file >= 0 && ::close(file) == 0 && ::unshare(CLONE_NEWNET) == 0 &&
           ::mount("/proc/self/ns/net", pod.netns.c_str(), nullptr, MS_BIND, nullptr) == 0;
  });
  must_run({-1, context().mnt, pod.netns}, {"ip", "link", "set", "lo", "up"});
  return pod;
}

void Vm::remove_netns(const Pod& pod) const {
  const Json links = ip_in(pod, {"link", "show", "type", "veth"});
  run_there({-1, context().mnt, {}}, "remove the namespace of " + pod.name, [&] {
    return ::umount2(pod.netns.c_str(), MNT_DETACH) == 0 && ::unlink(pod.netns.c_str()) == 0;
  });
  eventually([&] {
    const Json left = ip({"link", "show", "type", "veth"});
    return std::none_of(links.begin(), links.end(), [&](const Json& link) {
      return std::any_of(left.begin(), left.end(),
                         [&](const Json& each) { return each["ifindex"] == link["link_index"]; });
    });
  });
}

Json Vm::config(const std::string& mode) const {
  return {{"cniVersion", "1.0.0"},
          {"name", "azure"},
          {"type", "azure-vnet"},
          {"mode", mode},
          {"ipam", {{"type", "azure-vnet-ipam"}}}};
}

Process::Variables Vm::variables_for(const std::string& verb, const Pod& pod,
                                     const std::string& if_name) const {
  return {{"CNI_COMMAND", verb},       {"CNI_CONTAINERID", pod.container_id},
          {"CNI_NETNS", pod.netns},    {"CNI_IFNAME", if_name},
          {"CNI_PATH", plugin_path()}, {"CNI_ARGS", pod.name.empty() ? "" : pod.cni_args()}};
}

Process Vm::start_cni(const std::string& verb, const Pod& pod, const Json& config,
                      const std::vector<std::string>& wrapper, const std::string& if_name) const {
  return start_plugin("azure-vnet", verb, pod, config, wrapper, if_name);
}

Process Vm::start_plugin(const std::string& plugin, const std::string& verb, const Pod& pod,
                         const Json& config, const std::vector<std::string>& wrapper,
                         const std::string& if_name) const {
  std::vector<std::string> argv = wrapper;
  argv.push_back(plugins_ + "/" + plugin);
  return {context(), argv, variables_for(verb, pod, if_name), config.dump()};
}

PluginExit Vm::cni(const std::string& verb, const Pod& pod, const Json& config,
                   const std::string& if_name) const {
  return plugin_exit(start_cni(verb, pod, config, {}, if_name).wait());
}

Process Vm::start_ipam(const std::string& verb, const std::string& container, const Json& config,
                       const Process::Variables& more) const {
  Process::Variables variables{
      {"CNI_COMMAND", verb},  {"CNI_CONTAINERID", container}, {"CNI_NETNS", "/run/netns/none"},
      {"CNI_IFNAME", "eth0"}, {"CNI_PATH", plugin_path()},    {"CNI_ARGS", ""}};
  variables.insert(variables.end(), more.begin(), more.end());
  return {context(),
          {plugins_ + "/azure-vnet-ipam"},
          variables,
          config.is_string() ? config.get<std::string>() : config.dump()};
}

PluginExit Vm::ipam(const std::string& verb, const std::string& container, const Json& config,
                    const Process::Variables& more) const {
  return plugin_exit(start_ipam(verb, container, config, more).wait());
}

PluginExit Vm::stock(const std::string& plugin, const std::string& verb, const Pod& pod,
                     const Json& config) const {
  return plugin_exit(lab::run(context(), {kStockPlugins + ("/" + plugin)},
                              variables_for(verb, pod, "eth0"), config.dump()));
}

std::string Vm::plugin_path() const { return plugins_ + ":" + kStockPlugins + ":" + kTestPlugins; }

void Vm::make_canned_ipam(const Json& result) const {
  const std::string plugin = std::string(kTestPlugins) + "/canned";
  write(plugin + ".json", result.dump());
  write(plugin,
        "#!/bin/sh\ncat > /dev/null\n[ \"$CNI_COMMAND\" != ADD ] || cat " + plugin + ".json\n");
  must_run(context(), {"chmod", "755", plugin});
}

PluginExit Vm::plugin_exit(const Exit& exit) {
  const Json json = Json::parse(exit.out, nullptr, false);
  return {exit.status, exit.out, json.is_discarded() ? Json() : json, exit.err};
}

Exit Vm::run(const std::vector<std::string>& argv, const std::string& input) const {
  return lab::run(context(), argv, {}, input);
}

Exit Vm::run_in(const Pod& pod, const std::vector<std::string>& argv) const {
  return lab::run({-1, context().mnt, pod.netns}, argv);
}

Json Vm::ip(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{"ip", "-j"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Json json = Json::parse(run(argv).out, nullptr, false);
  return json.is_discarded() ? Json::array() : json;
}

Json Vm::ip_in(const Pod& pod, const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{"ip", "-j"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Json json = Json::parse(run_in(pod, argv).out, nullptr, false);
  return json.is_discarded() ? Json::array() : json;
}

std::string Vm::read(const std::string& path) const { return read_there(context(), path); }

void Vm::write(const std::string& path, const std::string& content) const {
  must_run(context(), {"sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && cat > \"$1\"", "sh", path},
           content);
}

std::string Vm::save_ruleset() const {
  return must_run(context(), {"nft", "-s", "list", "ruleset"});
}

void Vm::load_ruleset(const std::string& saved) const {
  must_run(context(), {"nft", "-f", "-"}, "flush ruleset\n" + saved);
}

bool Vm::wait_for_file(const std::string& path) const {
  return eventually([&] { return run({"test", "-e", path}).status == 0; });
}

std::vector<std::string> Vm::list(const std::string& folder) const {
  std::vector<std::string> names;
  const std::string text = run({"ls", "-1", folder}).out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

void Vm::assign_secondaries() const {
  std::string batch;
  for (const std::string& each : spec_.secondary4)
    batch += "address add " + each + "/16 dev eth0\n";
  for (const std::string& each : spec_.secondary6)
    batch += "address add " + each + "/128 dev eth0 nodad\n";
  must_run(context(), {"ip", "-batch", "-"}, batch);
}

void Vm::lease_address(const std::string& link, int seconds) const {
  const std::string time = std::to_string(seconds);
  must_run(context(), {"ip", "address", "replace", spec_.ip4 + "/16", "dev", link, "valid_lft",
                       time, "preferred_lft", time});
}

std::string Vm::snapshot() const {
  return must_run(
      context(),
      {"sh", "-c",
       // Carriers and link-local addresses come and go by themselves, and a few tables are hashed.
       "{ ip -o link | sed -E 's/NO-CARRIER,|,LOWER_UP|,M-DOWN| state [A-Z]+//g'; "
       "ip -o address | sed -E '/ fe80:/d; s/ tentative| dadfailed|valid_lft.*//g'; "
       "{ ip -o route show table all; ip -o -6 route show table all; } | "
       "sed -E '/^([a-z]+ )?(fe80|ff00):/d; s/ linkdown| dead//g'; "
       "ip neigh show nud permanent; } | sort; cd /run && find "
       "azure-vnet/endpoints azure-vnet/turns azure-vnet-ipam/leases azure-vnet-ipam/owners "
       "azure-vnet-ipam/turns -type f 2>/dev/null | grep -v turns/repair | sort"});
}

std::string older(const std::string& record) {
  constexpr std::int64_t kMicroseconds = 180'000'000;
  Json document = Json::parse(record);
  if (document.is_number()) return Json(document.get<std::int64_t>() - kMicroseconds).dump();
  for (const char* time : {"writtenAt", "grantedAt"}) {
    if (document.contains(time))
      document[time] = document[time].get<std::int64_t>() - kMicroseconds;
  }
  return document.dump();
}

void Vm::age() const {
  for (const std::string folder :
       {"/run/azure-vnet/endpoints", "/run/azure-vnet/unnamed", "/run/azure-vnet-ipam/leases"}) {
    for (const std::string& name : list(folder)) {
      const std::string path = folder + ("/" + name);
      write(path, older(read(path)));
    }
  }
}

void Vm::reboot() const {
  for (const Json& link : ip({"link", "show", "type", "veth"})) {
    must_run(context(), {"ip", "link", "del", link["ifname"].get<std::string>()});
  }
  write("/run/boot_id", "11111111-2222-3333-4444-555555555555\n");
  run_there(context(), "pretend another boot", [] {
    return ::mount("/run/boot_id", "/proc/sys/kernel/random/boot_id", nullptr, MS_BIND, nullptr) ==
           0;
  });
}

}  // namespace azcni::lab
