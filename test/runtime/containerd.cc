#include "containerd.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace azcni::test {
namespace {

constexpr const char* kAddress = "/run/containerd/containerd.sock";
constexpr const char* kImage = "azcni.test/pause:1";
constexpr const char* kPluginFolder = "/run/cni-bin";

std::string configuration() {
  return std::string(
             "version = 2\nroot = \"/run/containerd-root\"\nstate = \"/run/containerd\"\n") +
         "[grpc]\n  address = \"" + kAddress + "\"\n[plugins.\"io.containerd.grpc.v1.cri\"]\n" +
         "  sandbox_image = \"" + kImage + "\"\n  restrict_oom_score_adj = true\n" +
         "  disable_apparmor = true\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  bin_dir = \"" +
         kPluginFolder + "\"\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n" +
         "  snapshotter = \"native\"\n" +
         // By default it gives up a shim that says nothing for 2 to 5 s.
         "[timeouts]\n  \"io.containerd.timeout.shim.cleanup\" = \"2m\"\n" +
         "  \"io.containerd.timeout.shim.load\" = \"2m\"\n" +
         "  \"io.containerd.timeout.shim.shutdown\" = \"2m\"\n" +
         "  \"io.containerd.timeout.task.state\" = \"2m\"\n";
}

std::string go_architecture() {
  utsname names{};
  ::uname(&names);
  const std::string machine = names.machine;
  return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine;
}

/// A docker-archive: one layer that holds one program.
void make_image(const lab::ExecContext& context) {
  const lab::Json config{{"architecture", go_architecture()},
                         {"os", "linux"},
                         {"config", {{"Entrypoint", {"/pause"}}}},
                         {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:DIGEST"}}}}};
  const lab::Json manifest = lab::Json::array(
      {{{"Config", "config.json"}, {"RepoTags", {kImage}}, {"Layers", {"layer.tar"}}}});
  constexpr const char* kScript = R"(
    mkdir -p /run/image && cd /run/image && install "$1" pause
    tar --owner=0 --group=0 -cf layer.tar pause
    digest=$(sha256sum layer.tar | cut -d ' ' -f 1)
    echo "$2" | sed "s/DIGEST/$digest/" > config.json
    echo "$3" > manifest.json
    tar -cf image.tar manifest.json config.json layer.tar)";
  lab::must_run(context, {"sh", "-ec", kScript, "sh", AZCNI_PAUSE, config.dump(), manifest.dump()});
}

/// Our plugins, and Debian's beside them: containerd knows one folder.
void link_plugins(const lab::ExecContext& context) {
  constexpr const char* kScript = R"(
    mkdir -p "$1"
    ln -sf /usr/lib/cni/loopback /usr/lib/cni/portmap "$2/azure-vnet" "$2/azure-vnet-ipam" "$1")";
  lab::must_run(context, {"sh", "-ec", kScript, "sh", kPluginFolder, AZCNI_PLUGINS});
}

/// Of tests that were killed, and ours; those in use stay.
void remove_cgroups() {
  lab::run({}, {"find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "*/azcni-test-*",
                "-exec", "rmdir", "{}", ";"});
}

}  // namespace

std::vector<ContainerdVersion> containerd_versions() {
  std::vector<ContainerdVersion> versions{{"1", ""}};
  if (::access(AZCNI_CONTAINERD2 "/containerd", X_OK) == 0)
    versions.push_back({"2", AZCNI_CONTAINERD2});
  return versions;
}

Containerd::Containerd(const lab::Vm& vm, const lab::Json& conflist,
                       const ContainerdVersion& version)
    : vm_(vm),
      path_(std::string(version.folder) + (*version.folder == '\0' ? "" : ":") +
            "/usr/sbin:/usr/bin:/sbin:/bin"),
      is_version2_(*version.folder != '\0'),
      cgroup_parent_("/azcni-test-" + std::to_string(::getpid())),
      enclosure_(std::make_unique<lab::PidNamespace>(vm.context())) {
  remove_cgroups();
  vm.write("/etc/cni/net.d/10-azure.conflist", conflist.dump());
  vm.write("/etc/containerd/config.toml", configuration());
  link_plugins(vm.context());
  make_image(vm.context());
  start();
  import_image();
}

Containerd::~Containerd() {
  server_.reset();
  enclosure_.reset();
  remove_cgroups();
}

void Containerd::start() {
  server_ = std::make_unique<lab::Process>(enclosure_->start(
      {"env", "PATH=" + path_, "sh", "-c", "exec containerd >> /run/containerd.log 2>&1"}));
}

void Containerd::kill() {
  ::kill(lab::child_of(server_->pid()), SIGKILL);
  server_->wait();
  server_.reset();
  // A socket that nobody listens at would be taken for a server.
  lab::run(context(), {"rm", "-f", kAddress});
  // A result that libcni was about to write is an empty file then, over which its DEL would fail.
  lab::run(context(), {"find", "/var/lib/cni/results", "-type", "f", "-size", "0", "-delete"});
}

std::string Containerd::socket() const {
  return "/proc/" + std::to_string(enclosure_->init_pid()) + "/root" + kAddress;
}

lab::ExecContext Containerd::context(const std::string& netns) const {
  return enclosure_->context(netns);
}

lab::Exit Containerd::run(const std::vector<std::string>& argv) const {
  return enclosure_->start(argv).wait();
}

std::vector<std::string> Containerd::netns_names() const {
  std::istringstream names(lab::run(context(), {"ls", "/run/netns"}).out);
  return {std::istream_iterator<std::string>(names), std::istream_iterator<std::string>()};
}

void Containerd::remove_netns(const std::string& path) const {
  lab::run_there(context(), "remove " + path, [&] {
    const bool is_unmounted = ::umount2(path.c_str(), MNT_DETACH) == 0 || errno == EINVAL;
    return is_unmounted && ::unlink(path.c_str()) == 0;
  });
}

void Containerd::import_image() const {
  if (!vm_.wait_for_file(kAddress))
    throw std::runtime_error("containerd did not start: " + vm_.read("/run/containerd.log"));
  std::vector<std::string> argv{"env",    "PATH=" + path_, "ctr",    "--address",
                                kAddress, "--namespace",   "k8s.io", "images",
                                "import", "--snapshotter", "native", "/run/image/image.tar"};
  // Else the server of version 2 unpacks it, and for no other snapshotter than its default.
  if (is_version2_) argv.insert(argv.end() - 1, "--local");
  lab::must_run(context(), argv);
}

}  // namespace azcni::test
